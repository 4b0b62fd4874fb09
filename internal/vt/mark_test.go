package vt

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A terminal that took no part while the session had other sizes is given what
// came above since, each line once.
func TestReplaySinceMark(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(9, seed))
		size := Size{2 + rng.IntN(12), 5 + rng.IntN(40)}
		session := New(size, Config{Scrollback: 50_000})
		client := New(size, Config{Scrollback: 50_000})
		n := 0
		lines := func(most int) (text []byte) {
			for range rng.IntN(most) {
				n++
				text = fmt.Appendf(text, "%d %.*s\r\n", n, rng.IntN(90), "long lines are wrapped in one way or another, short ones never, and some are neither")
			}
			return text
		}
		text := lines(60)
		session.Write(text)
		client.Write(text)
		for range 4 {
			before := session.Snapshot()
			client.Write(before.AppendPlain(nil))
			for range rng.IntN(3) {
				session.Resize(Size{2 + rng.IntN(20), 5 + rng.IntN(60)})
				session.Write(lines(2 + rng.IntN(200)))
			}
			session.Resize(size)
			now := session.Snapshot()
			client.Write(now.AppendReplay(nil, ReplayOptions{Since: before.Mark()}))
			if diff := cmp.Diff(textOf(now), textOf(client.Snapshot())); diff != "" {
				t.Fatalf("seed %d, %v (-session +client):\n%s", seed, size, diff)
			}
		}
	}
}

// textOf is the text of the scrollback and the screen, without the oldest lines
// that a bound cut.
func textOf(s *Snapshot) []string {
	var text []string
	for _, l := range s.History(0, s.HistoryLines()) {
		text = append(text, l.Text())
	}
	return append(text, s.Text()...)
}

// A history that lost lines, or all, since the mark gives what it has.
func TestReplaySinceMarkThatIsGone(t *testing.T) {
	many := make([]byte, 0, 4000)
	for i := range 400 {
		many = fmt.Appendf(many, "line %d\r\n", i)
	}
	for name, c := range map[string]struct {
		between string
		since   int
	}{
		"nothing came":       {"", 0},
		"more than is kept":  {string(many), 20},
		"cleared, and again": {"\x1b[3Ja\r\nb\r\nc\r\n", 3},
		"reset, and again":   {"\x1bca\r\nb\r\nc\r\nd\r\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			session := New(Size{4, 20}, Config{Scrollback: 20})
			session.Write(many[:400])
			mark := session.Snapshot().Mark()
			session.Write([]byte(c.between))
			s := session.Snapshot()
			if got := s.hist.since(mark); got != c.since {
				t.Errorf("%d rows came since, want %d", got, c.since)
			}
			client := New(Size{4, 20}, Config{})
			client.Write(s.AppendReplay(nil, ReplayOptions{Since: mark}))
			got := client.Snapshot()
			if diff := cmp.Diff(s.Text(), got.Text()); diff != "" || got.HistoryLines() != c.since {
				t.Errorf("%d lines of history, want %d; screen (-session +client):\n%s", got.HistoryLines(), c.since, diff)
			}
		})
	}
}
