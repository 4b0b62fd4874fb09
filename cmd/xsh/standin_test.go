package main

import (
	"bytes"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"time"

	xterm "golang.org/x/term"
)

// standinMain is a program that behaves like a coding agent: it asks for bracketed
// paste, takes a prompt in slowly, passes over an Enter that comes too soon behind a
// paste, redraws all that it shows between sync marks and clears the scrollback each
// time, reports what it is at, and asks a question about every tenth prompt. Each
// prompt that it was given stands in its answer, with a number.
func standinMain() int {
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	s := &standin{}
	fmt.Print("\x1b[?2004h")
	s.report("idle")
	s.draw()
	buf := make([]byte, 4096)
	for {
		n, err := os.Stdin.Read(buf)
		if err != nil {
			return 0
		}
		for _, c := range buf[:n] {
			if s.take(c) {
				return 0
			}
		}
		s.draw()
	}
}

type standin struct {
	seq     []byte // of an escape sequence that is not whole
	pasting bool
	pasted  time.Time // when the last paste ended
	prompt  []byte
	prompts int
	asks    bool // a question is open
}

// standinAsks is how many prompts there are between two questions.
const standinAsks = 10

// tooSoon is for how long Enter is passed over behind a paste.
const tooSoon = 100 * time.Millisecond

// take takes a character; it reports whether it is the last.
func (s *standin) take(c byte) (over bool) {
	switch {
	case len(s.seq) > 0 || c == 0x1b:
		s.seq = append(s.seq, c)
		if len(s.seq) > 2 && c >= 0x40 {
			s.sequence()
		}
	case c == 4:
		return true
	case s.asks:
		if c == 'y' {
			s.asks = false
			s.answer()
		}
	case c == '\r' && !s.pasting:
		if time.Since(s.pasted) > tooSoon && len(s.prompt) > 0 {
			s.submitted()
		}
	default:
		s.prompt = append(s.prompt, c)
	}
	return false
}

func (s *standin) sequence() {
	switch {
	case bytes.Equal(s.seq, []byte("\x1b[200~")):
		s.pasting = true
	case bytes.Equal(s.seq, []byte("\x1b[201~")):
		s.pasting, s.pasted = false, time.Now()
		time.Sleep(20 * time.Millisecond) // it takes its time over what was pasted
	}
	s.seq = nil
}

func (s *standin) submitted() {
	s.prompts++
	s.report("working", "-m", fmt.Sprintf("prompt %d", s.prompts))
	if s.prompts%standinAsks == 0 {
		s.asks = true
		s.report("blocked", "-m", fmt.Sprintf("may I do prompt %d?", s.prompts))
		return
	}
	s.answer()
}

// answer says what was asked, on a line that no redraw takes away.
func (s *standin) answer() {
	fmt.Printf("\x1b[?2026h\x1b[H\x1b[2J\x1b[3Janswer %d <%s>\r\n\x1b[?2026l", s.prompts, s.prompt)
	s.prompt = nil
	s.report("idle")
}

// draw shows everything anew.
func (s *standin) draw() {
	var b strings.Builder
	b.WriteString("\x1b[?2026h\x1b[H\x1b[2J\x1b[3J")
	for row := range 15 {
		fmt.Fprintf(&b, "\x1b[3%dm%s\x1b[m\r\n", row%8, strings.Repeat("=", 40))
	}
	fmt.Fprintf(&b, "%d prompts; asks: %v\r\n> %s\x1b[?2026l", s.prompts, s.asks, s.prompt)
	os.Stdout.WriteString(b.String())
}

// report is what an agent's hook does.
func (s *standin) report(words ...string) {
	if out, err := osexec.Command("xsh", append([]string{"report"}, words...)...).CombinedOutput(); err != nil {
		fmt.Printf("report: %v %s\r\n", err, out)
	}
}
