package vt

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// leave returns what a terminal holds that showed data and then was left.
func leave(size Size, data []byte) *Snapshot {
	term := New(size, Config{})
	term.Write(data)
	term.Write(term.Snapshot().AppendLeave(nil))
	return term.Snapshot()
}

func TestLeaveAfterScripts(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		size := Size{10, 20}
		data := script(rnd, 60, size)
		s := leave(size, data)
		if s.onAlt || s.mouse != mouseNone || s.mouseEnc != encodingDefault || s.kitty[0].n+s.kitty[1].n != 0 || s.otherKeys != 0 || s.cursorShape != 0 {
			t.Fatalf("seed %d: still set after leaving %q", seed, data)
		}
		if s.modes != defaultModes {
			t.Fatalf("seed %d: modes %b, want %b after %q", seed, s.modes, defaultModes, data)
		}
		if s.top != 0 || s.bottom != size.Rows-1 || s.left != 0 || s.right != size.Cols-1 || !s.tabs.isDefault(size.Cols) {
			t.Fatalf("seed %d: margins or tabs still set after %q", seed, data)
		}
		if s.cur.pen != (Style{}) || s.cur.sets.g != [4]charset{} || s.cur.sets.gl != 0 || s.cur.origin || s.palette != nil {
			t.Fatalf("seed %d: pen %+v, sets %v still set after %q", seed, s.cur.pen, s.cur.sets, data)
		}
		if s.cur.col != 0 || len(s.pending) > 0 {
			t.Fatalf("seed %d: cursor in column %d, pending %q", seed, s.cur.col, s.pending)
		}
		for y := s.cur.row; y < size.Rows; y++ {
			if text := s.Row(y).Text(); text != "" {
				t.Fatalf("seed %d: %q below the cursor after %q", seed, text, data)
			}
		}
	}
}

func TestLeaveUndoesOnlyWhatIsSet(t *testing.T) {
	term := New(Size{5, 10}, Config{})
	term.Write([]byte("one\r\ntwo\r\n$ "))
	if got, want := string(term.Snapshot().AppendLeave(nil)), "\x1b[3H\r\n"; got != want {
		t.Errorf("leaving a plain screen: %q, want %q", got, want)
	}
	term.Write([]byte("\x1b[?2004h\x1b[>1u"))
	if got, want := string(term.Snapshot().AppendLeave(nil)), "\x1b[?2004l\x1b[<u\x1b[3H\r\n"; got != want {
		t.Errorf("leaving with paste and keyboard set: %q, want %q", got, want)
	}
}

func TestLeaveGoesBackToThePrimaryScreen(t *testing.T) {
	s := leave(Size{5, 10}, []byte("$ vim\r\n\x1b[?1049h\x1b[2Jtext\x1b[?1000h\x1b[?25l\x1b[5;5H"))
	if s.AltScreen() {
		t.Error("still on the alternate screen")
	}
	if row, col, visible := s.Cursor(); row != 2 || col != 0 || !visible {
		t.Errorf("cursor at %d,%d, visible %v; want 2,0, visible", row, col, visible)
	}
	if got := s.Row(0).Text(); got != "$ vim" {
		t.Errorf("first row %q", got)
	}
}

// Some terminals go back to a mode of the mouse that is still set when the one in force
// is reset. All that were set are undone, and a replay sets them all.
func TestAllMouseModesAreUndone(t *testing.T) {
	for _, c := range []struct{ input, replayed, left string }{
		{"\x1b[?1000h\x1b[?1002h\x1b[?1006h", "\x1b[?1000;1002;1006;25h", "\x1b[?1000;1002;1006l"},
		{"\x1b[?1002h\x1b[?1000h", "\x1b[?1002;1000;25h", "\x1b[?1000;1002l"},
		{"\x1b[?1000h\x1b[?1002h\x1b[?1002l", "\x1b[?1000;1003;25h\x1b[?1003l", "\x1b[?1000l"},
		{"\x1b[?1005h\x1b[?1006h\x1b[?1006l", "\x1b[?1005;1016;25h\x1b[?1016l", "\x1b[?1005l"},
	} {
		term := New(Size{5, 10}, Config{})
		term.Write([]byte(c.input))
		s := term.Snapshot()
		if got := string(s.AppendReplay(nil, ReplayOptions{})); !strings.Contains(got, c.replayed) {
			t.Errorf("%q: the replay is %q, want in it %q", c.input, got, c.replayed)
		}
		if got := string(s.AppendPlain(nil)); !strings.Contains(got, c.left) {
			t.Errorf("%q: leaving is %q, want in it %q", c.input, got, c.left)
		}
	}
}
