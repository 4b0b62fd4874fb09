package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	xterm "golang.org/x/term"
)

// askMain is the program ask FILE, which asks its terminal about itself. A line
// of its input
//
//	QUESTION => ANSWER
//
// is a question with the answer that is expected, one without => is printed, and
// one with # is a comment; all have the escapes of a Go string, and \e. FILE, which
// may be a fifo, gets the same lines with the answers that came.
func askMain() int {
	questions, err := os.ReadFile("questions")
	if err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		return 1
	}
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	var told strings.Builder
	giveUp := time.AfterFunc(patience, func() {
		os.WriteFile(os.Args[1], []byte(told.String()+"and no answer to the next one\n"), 0o600)
		os.Exit(1)
	})
	for line := range strings.Lines(string(questions)) {
		line = strings.TrimSuffix(line, "\n")
		question, _, asks := strings.Cut(line, " => ")
		if asks {
			line = question + " => " + escape(ask(must(unescape(question))))
		} else if !strings.HasPrefix(line, "#") {
			fmt.Print(must(unescape(line)))
		}
		told.WriteString(line + "\n")
	}
	giveUp.Stop()
	if err := os.WriteFile(os.Args[1], []byte(told.String()), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		return 1
	}
	return 0
}

// lastQuestion is one whose answer nothing else looks like: a checksum of the
// terminal's memory with a number of ours (DSR ? 63).
const (
	lastQuestion = "\x1b[?63;7777n"
	lastAnswer   = "\x1bP7777!~0000\x1b\\"
)

// ask returns all that the terminal answers before it answers lastQuestion.
func ask(question string) string {
	fmt.Print(question + lastQuestion)
	var answer []byte
	buf := make([]byte, 4096)
	for {
		n, err := os.Stdin.Read(buf)
		answer = append(answer, buf[:n]...)
		if before, ok := bytes.CutSuffix(answer, []byte(lastAnswer)); ok || err != nil {
			return string(before)
		}
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

// escape is the reverse of unescape.
func escape(s string) string {
	s = strconv.Quote(s)
	return strings.NewReplacer(`\x1b`, `\e`, `\"`, `"`).Replace(s[1 : len(s)-1])
}
