package main

import (
	"fmt"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	xterm "golang.org/x/term"
)

// rounds is the program rounds NEWS, which asks its terminal whenever it gets
// SIGUSR1 and counts what comes. No two of its questions have the same answer. NEWS
// is a fifo: it gets a line when the program is ready, one when a round was asked,
// and at SIGUSR2, with which the program ends, the whole count.
type rounds struct {
	news  string
	asked int            // rounds
	came  map[string]int // answers, by round and number
	rest  string         // of the input: what is no answer, and one that has begun
}

// perRound is how many answers a round has.
const perRound = 20

// Every answer: a checksum whose number we gave, or where the cursor was that we
// had placed.
var roundAnswer = regexp.MustCompile(`\x1bP(\d+)!~[0-9A-F]{4}\x1b\\|\x1b\[\?(\d+;\d+);1R`)

func roundsMain() int {
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rounds:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	typed := make(chan string)
	go readTyped(typed)
	r := &rounds{news: os.Args[1], came: map[string]int{}}
	r.tell("ready\n")
	for {
		select {
		case s, ok := <-typed:
			if !ok {
				return 1
			}
			r.take(s)
			r.show()
		case s := <-signals:
			if s == syscall.SIGUSR2 {
				r.tell(r.count())
				return 0
			}
			r.ask()
			r.tell(fmt.Sprintf("asked round %d\n", r.asked))
		}
	}
}

// tell waits until somebody reads the news.
func (r *rounds) tell(news string) {
	if err := os.WriteFile(r.news, []byte(news), 0o600); err != nil {
		panic(err)
	}
}

func (r *rounds) ask() {
	r.asked++
	for i := range perRound / 2 {
		fmt.Printf("\x1b[%d;1;1;1;1;1*y\x1b[%d;%dH\x1b[?6n", 100*r.asked+i, r.asked, i+1)
	}
	r.show()
}

// take counts the answers in what came.
func (r *rounds) take(s string) {
	r.rest += s
	r.rest = roundAnswer.ReplaceAllStringFunc(r.rest, func(answer string) string {
		m := roundAnswer.FindStringSubmatch(answer)
		r.came[m[1]+m[2]]++
		return ""
	})
}

// show tells on the screen how many answers to the last round there are.
func (r *rounds) show() {
	fmt.Printf("\x1b[20;1H\x1b[Kround %d: %d answers", r.asked, r.answers(r.asked))
}

// answers counts those to a round, each once.
func (r *rounds) answers(round int) (n int) {
	for answer := range r.came {
		if of := roundOf(answer); of == round {
			n++
		}
	}
	return n
}

func roundOf(answer string) int {
	row, _, isPlace := strings.Cut(answer, ";")
	n, _ := strconv.Atoi(row)
	if !isPlace {
		n /= 100
	}
	return n
}

// count tells of each round how many of its questions were answered, and what
// else came.
func (r *rounds) count() string {
	var b strings.Builder
	for round := range r.asked {
		fmt.Fprintf(&b, "round %d: %d of %d\n", round+1, r.answers(round+1), perRound)
	}
	for _, answer := range slices.Sorted(maps.Keys(r.came)) {
		if n := r.came[answer]; n != 1 {
			fmt.Fprintf(&b, "%s came %d times\n", answer, n)
		}
	}
	fmt.Fprintf(&b, "typed: %s\n", escape(r.rest))
	return b.String()
}
