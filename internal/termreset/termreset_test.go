package termreset

import (
	"strings"
	"testing"
)

// What the bytes do is tested in internal/vt, which has a terminal. Here is what
// terminals that differ need.
func TestOrder(t *testing.T) {
	for name, all := range map[string]string{"ForReplay()": ForReplay(), "Everything": Everything(), "Lost": Lost()} {
		for _, pair := range [][2]string{
			{"\x1b}", "\x0f"},                  // or xterm.js shifts GL away
			{Undo(OtherKeys), Undo(Pen)},       // or what takes it for SGR underlines
			{Undo(Sync), Undo(Pen)},            // or nothing of it is seen
			{"\x1b[?1;5;", ""},                 // modes in one list
			{Undo(Charsets), Undo(Protection)}, // each is there
		} {
			i, j := strings.Index(all, pair[0]), strings.LastIndex(all, pair[1])
			if i < 0 || j < 0 || i > j {
				t.Errorf("%s: %q must come before %q in %q", name, pair[0], pair[1], all)
			}
		}
	}
}

// Nothing here asks a terminal anything, or rings its bell.
func TestAsksNothing(t *testing.T) {
	for _, all := range []string{Begin, End, ForReplay(), Everything(), Lost()} {
		for _, s := range []string{"\a", "\x1b[c", "n", "$p", "?\x1b"} {
			if strings.Contains(all, s) {
				t.Errorf("%q in %q", s, all)
			}
		}
	}
}
