package vt

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// A few bytes that touch a million cells each must not take their megabyte's worth of time
// at once: WriteSome returns after a bounded amount of them.
func TestWorkIsBounded(t *testing.T) {
	cells := Size{1000, 1000}
	for name, input := range map[string]string{
		"DECCARA":            "\x1b[1;1;9999;9999;1;7$r",
		"DECRARA":            "\x1b[1;1;9999;9999;1;7$t",
		"DECALN":             "\x1b#8",
		"DECFRA":             "\x1b[88;1;1;9999;9999$x",
		"DECERA":             "\x1b[1;1;9999;9999$z",
		"DECSERA":            "\x1b[1;1;9999;9999${",
		"DECCRA":             "\x1b[1;1;9999;9999;1;2;2;1$v",
		"DECRQCRA":           "\x1b[1;1;1;1;9999;9999*y",
		"REP":                "x\x1b[65535b",
		"ED":                 "\x1b[44m\x1b[2J",
		"scrolling":          "\x1b[44m\x1b[999S",
		"scrolling a part":   "\x1b[?69h\x1b[2;999s\x1b[1;1H\x1b[3S",
		"inserting lines":    "\x1b[44m\x1b[H\x1b[999L",
		"shifting columns":   "\x1b[ A",
		"inserting columns":  "\x1b['}",
		"DECCOLM":            "\x1b[?40h\x1b[?3h",
		"RIS":                "\x1bc",
		"reverse wrap":       "\x1b[?1045h\x1b[65535D",
		"the other screen":   "\x1b[?1049h\x1b[?1049l",
		"inserting":          strings.Repeat("\x1b[H\x1b[@", 1000),
		"deleting":           strings.Repeat("\x1b[H\x1b[P", 1000),
		"erasing lines":      strings.Repeat("\x1b[44m\x1b[2K", 1000),
		"erasing characters": strings.Repeat("\x1b[H\x1b[44m\x1b[9999X", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			term := New(cells, Config{})
			data := []byte(strings.Repeat(input, 20))
			calls := 0
			for rest := data; len(rest) > 0; calls++ {
				n := term.WriteSome(rest)
				if n < 1 || n > len(rest) {
					t.Fatalf("took %d bytes of %d", n, len(rest))
				}
				rest = rest[n:]
			}
			if calls < 10 {
				t.Errorf("%d calls for %d times %d cells", calls, 20, cells.Rows*cells.Cols)
			}
		})
	}
	term := New(Size{24, 80}, Config{})
	if text := bytes.Repeat([]byte("plain text\r\n"), 1000); term.WriteSome(text) != len(text) {
		t.Error("some kilobytes of text are not taken at once")
	}
}

// However much WriteSome takes, the result is that of Write.
func TestWriteSomeIsWrite(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		size := fuzzSizes[rnd.IntN(len(fuzzSizes))]
		data := bytes.Repeat(script(rnd, 30, size), 20)
		want, got := New(size, Config{}), New(size, Config{})
		want.Write(data)
		for rest := data; len(rest) > 0; {
			rest = rest[got.WriteSome(rest[:min(len(rest), 1+rnd.IntN(len(data)))]):]
		}
		if d := diffSnapshots(want.Snapshot(), got.Snapshot()); len(d) > 0 {
			t.Fatalf("seed %d: %s", seed, clippedTo(d))
		}
	}
}
