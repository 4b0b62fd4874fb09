package vt

import (
	"math/rand/v2"
	"testing"

	"github.com/xsh-project/xsh/internal/termreset"
)

// Each mode that the model knows has a row in the table of what undoes it, or is
// undone by other means.
func TestEveryModeHasAReset(t *testing.T) {
	otherwise := map[int]string{
		66:   "with the keypad",
		69:   "with the margins",
		2026: "first of all",
	}
	rows := map[int]bool{}
	for _, m := range termreset.Modes {
		rows[m.Number] = true
		if bit := privateMode(m.Number); bit != 0 && m.On != (defaultModes&bit != 0) {
			t.Errorf("mode %d is on by default: %v in the table", m.Number, m.On)
		}
	}
	for _, p := range privateModes {
		if n := p.number; !rows[n] && otherwise[n] == "" {
			t.Errorf("nothing undoes mode %d", n)
		}
		if privateMode(p.number) != p.mode {
			t.Errorf("mode %d is not found: its row is not in its place", p.number)
		}
	}
	for _, n := range []int{9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016} {
		if !rows[n] {
			t.Errorf("nothing undoes mode %d", n)
		}
	}
}

// checkPlain fails if something is left of what a program set.
func checkPlain(t *testing.T, s *Snapshot, known modeSet, after []byte) {
	t.Helper()
	size := s.Size()
	want := newState(size)
	got := s.state
	got.modes = got.modes&^known | defaultModes&known
	got.cur.row, got.cur.col, got.cur.pending, got.cur.sets.gr, got.cur.sets.single = 0, 0, false, 0, 0
	got.saved, got.kept, got.title, got.titleStack = want.saved, want.kept, want.title, nil
	got.tabs, got.conformance, got.rectExtent, got.cwd = nil, want.conformance, 0, ""
	got.penStack, got.colorStack, got.protectISO, got.progress.percent = nil, colorStack{}, false, 0
	for i := 3; i < 9; i++ {
		if i != 7 {
			got.dynamic[i] = 0 // of pointers and Tektronix screens, which nobody has
		}
	}
	if len(got.pointers) > 0 && got.pointer() == "" {
		got.pointers = nil
	}
	d := snapshotDiff{want: &Snapshot{state: want}, got: &Snapshot{state: got}}
	d.state()
	if len(d.out) > 0 {
		t.Fatalf("still set: %s\nafter %q", clippedTo(d.out), after)
	}
}

// Whatever a program did, the way out of a client whose server is gone leaves nothing
// of it that matters to the next program, and gives back what the user had.
func TestLost(t *testing.T) {
	var byConfiguration modeSet // who does not know leaves these alone
	for _, m := range termreset.Modes {
		if !m.Lost() {
			byConfiguration |= privateMode(m.Number)
		}
	}
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		size := Size{10, 20}
		term := New(size, Config{})
		term.Write([]byte("$ xsh attach\r\n\x1b]2;mine\a\x1b[?2027h\x1b[?1007l" + termreset.Begin))
		data := append([]byte("\x1b[?2027l"), script(rnd, 60, size)...)
		term.Write(data)
		before := term.Snapshot()
		term.Write([]byte(termreset.Lost()))
		s := term.Snapshot()
		if s.onAlt || s.kitty[0].n+s.kitty[1].n != 0 || s.alt.cells != nil && s.kitty[1].n != 0 {
			t.Fatalf("seed %d: on the alternate screen %v, keyboards %v after %q", seed, s.onAlt, s.kitty, data)
		}
		if !s.on(modeGraphemes) || s.on(modeAlternateScroll) {
			if before.kept.bits&modeGraphemes != 0 && before.kept.bits&modeAlternateScroll == 0 {
				t.Fatalf("seed %d: modes 2027 and 1007 are not as the user had them", seed)
			}
		}
		if len(before.titleStack) <= termreset.MaxTitles-1 && len(before.titleStack) > 0 && before.titleStack[0].window == "mine" && s.title.window != "mine" {
			t.Fatalf("seed %d: the title is %q after %q", seed, s.title.window, data)
		}
		if !before.onAlt && len(before.pending) == 0 && (s.cur.row != before.cur.row || s.cur.col != before.cur.col) {
			t.Fatalf("seed %d: the cursor is at %d,%d, was at %d,%d", seed, s.cur.row, s.cur.col, before.cur.row, before.cur.col)
		}
		checkPlain(t, s, byConfiguration|modeGraphemes|modeAlternateScroll, data)
	}
}

// A client that leaves in order gives back what the user had as well.
func TestBeginAndEnd(t *testing.T) {
	for name, c := range map[string]string{
		"nothing set":         "hi",
		"a title":             "\x1b]2;theirs\a",
		"pushed titles":       "\x1b[22;0t\x1b]2;vim\a\x1b[22;0t\x1b]2;more\a",
		"clusters":            "\x1b[?2027hhi",
		"alternate scroll":    "\x1b[?1007l\x1b[?1007h\x1b[?1049h",
		"a pointer":           "\x1b]22;wait\a\x1b]22;>text,help\a",
		"progress":            "\x1b]9;4;1;50\a",
		"hidden keyboard":     "\x1b[?1049h\x1b[>5u\x1b[?1049l",
		"reports of the size": "\x1b[?2031h\x1b[?2048h",
		"colours":             "\x1b]4;1;red\a\x1b]5;1;red\a\x1b]10;red\a\x1b]21;visual_bell=red\a",
	} {
		t.Run(name, func(t *testing.T) {
			session, client := New(Size{5, 20}, Config{}), New(Size{5, 20}, Config{})
			client.Write([]byte("\x1b]2;mine\a\x1b[?2027h\x1b[?1007l" + termreset.Begin))
			for range 2 { // to and fro between this and frames
				client.Write(session.Snapshot().AppendReplay(nil, ReplayOptions{}))
				session.Write([]byte(c))
				client.Write([]byte(c))
				client.Write(session.Snapshot().AppendPlain(nil))
				r := NewRenderer(Size{5, 20}, FrameCaps{})
				client.Write(r.AppendFrame(nil, session.Snapshot()))
				client.Write(r.AppendLeave(nil))
			}
			client.Write(session.Snapshot().AppendReplay(nil, ReplayOptions{}))
			client.Write(session.Snapshot().AppendLeave(nil))
			client.Write([]byte(termreset.End))
			s := client.Snapshot()
			if s.Title() != "mine" || len(s.titleStack) > 0 {
				t.Errorf("the title is %q, and on the stack %v", s.Title(), s.titleStack)
			}
			if !s.on(modeGraphemes) || s.on(modeAlternateScroll) {
				t.Errorf("mode 2027 is %v, 1007 %v", s.on(modeGraphemes), s.on(modeAlternateScroll))
			}
			checkPlain(t, s, modeGraphemes|modeAlternateScroll, []byte(c))
		})
	}
}
