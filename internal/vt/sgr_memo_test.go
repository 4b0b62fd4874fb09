package vt

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Sequences that come byte by byte are never looked up.
func TestShortSGR(t *testing.T) {
	pieces := []string{
		"\x1b[m", "\x1b[0m", "\x1b[00m", "\x1b[;m", "\x1b[1m", "\x1b[31m", "\x1b[1;31m", "\x1b[38;5;9m", "\x1b[38;5;130m",
		"\x1b[48;5;255m", "\x1b[4:3m", "\x1b[4:3;58:5:1m", "\x1b[7m", "\x1b[27m", "\x1b[39m", "\x1b[38;2;1;2;3m", "\x1b[1\x00m",
		"\x1b[\x00m", "\x1b[1\nm", "\x1b[?1m", "\x1b[>4m", "\x1b[1 m", "\x1b[é m", "\x1b[\xffm", "\x1b[3\x1b[4m", "\x1b[1\x18m",
		"\x1b[1\"q", "\x1b[0\"q", "\x1b]8;;http://a\x1b\\", "\x1b]8;;\x1b\\", "\x1b7", "\x1b8", "\x1b#8", "\x1b[K", "\x1b[3b",
	}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		var data []byte
		for range 300 {
			data = append(data, pieces[rnd.IntN(len(pieces))]...)
			data = append(data, 'a'+byte(rnd.IntN(26)))
		}
		splitAnyhow(t, Size{10, 40}, data)
	}
}

// A new table of styles makes what is remembered of the old one worthless.
func TestShortSGROutlivesStyles(t *testing.T) {
	term := New(Size{4, 40}, Config{})
	for i := range 3 * minStyleLimit {
		fmt.Fprintf(term, "\x1b[38;2;1;%d;%dm.\x1b[1m", i>>8, i&255)
		fmt.Fprint(term, "\x1b[0;32mx\x1b[1;44my\x1b[m             \r")
		row := term.grid.row(0)
		x, y := term.tables.styles.styles[row[1].style()], term.tables.styles.styles[row[2].style()]
		if x != (Style{FG: Indexed(2)}) || y != (Style{FG: Indexed(2), BG: Indexed(4), Attrs: AttrBold}) {
			t.Fatalf("after %d colours: %+v and %+v", i, x, y)
		}
	}
}
