package exec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
)

var (
	small = exec.Size{Rows: 12, Cols: 40}
	large = exec.Size{Rows: 20, Cols: 70}
)

// waitShows waits until the client shows what the session does: all of it, if
// it has the session's size, else what its size has room for.
func (v *viewer) waitShows(size exec.Size) {
	v.t.Helper()
	diff := "nothing came"
	v.wait(func() bool {
		snap, _ := v.st.m.Screen(v.st.id)
		if size == exec.Size(snap.Size()) {
			diff = cmp.Diff(view(snap, size, 0, 0), view(v.term.Snapshot(), size, 0, 0))
			if diff == "" {
				diff = cmp.Diff(modesOf(snap), modesOf(v.term.Snapshot()))
			}
		} else {
			diff = frameDiff(snap, v.term.Snapshot(), size)
		}
		return diff == ""
	}, func() string { return "shows something else (-session +client):\n" + diff })
}

// frameDiff tells how what a client of another size shows is not the
// session's. Its viewport may be anywhere that has the cursor in it.
func frameDiff(snap, client *vt.Snapshot, size exec.Size) string {
	diff := "the cursor is elsewhere"
	row, col, visible := snap.Cursor()
	gotRow, gotCol, got := client.Cursor()
	for top := range max(0, snap.Size().Rows-size.Rows) + 1 {
		for left := range max(0, snap.Size().Cols-size.Cols) + 1 {
			if visible && (!got || top != row-gotRow || left != col-gotCol) {
				continue
			}
			diff = cmp.Diff(view(snap, size, top, left), view(client, size, 0, 0))
			if diff == "" {
				return cmp.Diff(modesOf(snap), modesOf(client))
			}
		}
	}
	return diff
}

// view returns the text of size cells of the screen from top, left on.
func view(s *vt.Snapshot, size exec.Size, top, left int) []string {
	rows := make([]string, size.Rows)
	for y := range rows {
		if y+top >= s.Size().Rows {
			continue
		}
		var b strings.Builder
		for x, c := range s.Row(y + top).Cells {
			if x >= left && x < left+size.Cols {
				b.WriteString(c.Text)
				if c.Text == "" && c.Width > 0 {
					b.WriteByte(' ')
				}
			}
		}
		rows[y] = strings.TrimRight(b.String(), " ")
	}
	return rows
}

// modesOf is what decides what a terminal sends for keys, mouse and paste.
func modesOf(s *vt.Snapshot) map[string]any {
	d := s.Describe(false)
	all := d["modes"].(map[string]any)
	m := map[string]any{"kitty": 0}
	if flags := d["kitty_keyboard"].([]int); len(flags) > 0 {
		m["kitty"] = flags[len(flags)-1]
	}
	for _, k := range []string{"app_cursor", "app_keypad", "bracketed_paste", "focus", "mouse", "mouse_encoding", "modify_other_keys"} {
		m[k] = all[k]
	}
	return m
}

// isPlain fails unless the terminal is as a shell expects it.
func isPlain(t testing.TB, who string, s *vt.Snapshot) {
	t.Helper()
	fresh := vt.New(s.Size(), vt.Config{}).Snapshot().Describe(false)
	d := s.Describe(false)
	for _, k := range []string{"buffer", "modes", "kitty_keyboard", "scroll_region", "columns_region", "pen", "charset", "parser_ground"} {
		if diff := cmp.Diff(fresh[k], d[k]); diff != "" {
			t.Errorf("%s: %s after its end (-plain +is):\n%s", who, k, diff)
		}
	}
	if _, _, visible := s.Cursor(); !visible {
		t.Errorf("%s: no cursor after its end", who)
	}
}

// TestSizeCrossesScreen has a client's terminal take on another size when what
// was drawn for the old one is on its way to it.
func TestSizeCrossesScreen(t *testing.T) {
	st := newStage(t, large, fake())
	for i := range 18 {
		st.print(fmt.Sprintf("line %d is longer than a narrow terminal is wide\r\n", i))
	}
	st.print("\x1b[5;3H")
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: large})
	a.resize(small)
	a.waitShows(small)

	st.view("b", large).attach(exec.AttachOptions{Size: large})
	a.waitText("\x1b[?1049h") // frames begin
	other := exec.Size{Rows: 9, Cols: 30}
	a.mu.Lock()
	a.term.Resize(vt.Size(other))
	a.mu.Unlock()
	a.typeBytes([]byte("x"))
	a.waitText("\x1b[?1049l") // frames end: it leads, by the size that it had
	a.resize(other)
	a.waitShows(other)
}

// TestSizeCrossesHistory is the same for a client whose history takes its time.
func TestSizeCrossesHistory(t *testing.T) {
	clock := exectest.NewClock(time.Now())
	cfg := fake()
	cfg.Clock = clock
	st := newStage(t, large, cfg)
	// More than the one piece that a client may have taken already.
	st.print(string(numbered(300_000)) + "\x1b[5;3H")
	v := st.view("v", large)
	v.gate.Lock()
	v.attach(exec.AttachOptions{Size: large, ScreenFirst: true})
	clock.Advance(time.Minute)
	v.resize(small)
	v.gate.Unlock()
	v.waitShows(small)
}

// stampedTerminal notes when it was given its size.
type stampedTerminal struct {
	exec.Terminal
	sized *atomic.Value // a time
}

func (t stampedTerminal) Resize(rows, cols uint16) error {
	defer t.sized.Store(time.Now())
	return t.Terminal.Resize(rows, cols)
}

// TestSizeComesBeforeKey has a client that was not the leader type: the program
// is given time for the size before it gets the key.
func TestSizeComesBeforeKey(t *testing.T) {
	var sized atomic.Value
	open := new(exectest.Terminals).Open
	st := newStage(t, small, exec.ManagerConfig{TerminalFactory: func() (exec.Terminal, error) {
		term, err := open()
		return stampedTerminal{term, &sized}, err
	}})
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large})
	a.typeBytes([]byte("x"))
	st.input("x")
	if gap := time.Since(sized.Load().(time.Time)); st.size() != small || gap < exec.SizeFirst {
		t.Errorf("size %v and %v later the key, want %v and %v", st.size(), gap, small, exec.SizeFirst)
	}
}

func TestTwoSizesTypingInTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large})
	for round := range 10 {
		v, size := a, small
		if round%2 == 1 {
			v, size = b, large
		}
		v.typeBytes([]byte("x"))
		st.input("x")
		if got := st.size(); got != size {
			t.Fatalf("%s typed, and the session's size is %v", v.name, got)
		}
		st.write(narrow(randomOutput(rng, size, 3000)))
		st.settle()
		a.waitShows(small)
		b.waitShows(large)
	}
	a.leave()
	b.leave()
	isPlain(t, "a", a.snapshot())
	isPlain(t, "b", b.snapshot())
}

// A client that comes back from frames has each line once: what its terminal
// showed before makes way, and what left the session's screen meanwhile comes to
// its history.
func TestHistoryAfterFrames(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large})
	n := 0
	write := func(lines int) {
		for range lines {
			n++
			st.print(fmt.Sprintf("line %d is longer than a narrow terminal is wide\r\n", n))
		}
	}
	write(9)
	a.waitShows(small)
	for round, lines := range []int{0, 1, 30, 3, 0, 100, 7, 2} {
		v, size := b, large
		if round%2 == 1 {
			v, size = a, small
		}
		v.typeBytes([]byte("x"))
		st.input("x")
		write(lines)
		v.waitShows(size)
		want, got := allText(st.settle()), allText(v.snapshot())
		if v == b {
			want = want[max(0, len(want)-len(got)):] // it began with the screen
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d: %s has other lines (-session +client):\n%s", round, v.name, diff)
		}
	}
}

// allText returns the lines of the scrollback and the screen.
func allText(s *vt.Snapshot) []string {
	var text []string
	for _, l := range s.History(0, s.HistoryLines()) {
		text = append(text, l.Text())
	}
	return append(text, s.Text()...)
}

// narrow ends a frame under way, and replaces characters that an edge could
// cut in two.
func narrow(output []byte) []byte {
	for _, wide := range []string{"漢字", "한", "👍🏽", "❤\ufe0f", "🇩🇪"} {
		output = []byte(strings.ReplaceAll(string(output), wide, "x"))
	}
	return append(output, "\x1b[?2026l"...)
}

func TestFramesComeAndGoInTheMiddleOfOutput(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for range 60 {
			st.write(narrow(randomOutput(rng, small, 500)))
		}
	}()
	for i := range 30 {
		size := small
		if i%2 == 0 {
			size = large
		}
		a.resize(size)
	}
	<-wrote
	st.settle()
	b.waitShows(large)
	// What was written while a's terminal and the session's had different sizes
	// a program would draw again.
	a.resize(large)
	b.waitShows(large)
	a.leave()
	b.leave()
	isPlain(t, "a", a.snapshot())
	isPlain(t, "b", b.snapshot())
}

// A client that was to be drawn frames, and has the session's size before the
// first of them, is shown the screen all the same, and is left plain.
func TestSameSizeBeforeTheFirstFrame(t *testing.T) {
	st := newStage(t, small, fake())
	st.print("\x1b[?1049h\x1b[?1003h\x1b[>5uon the screen")
	st.settle()
	at, err := st.m.Attach(by("a"), st.id, exec.AttachOptions{Size: large, ReadOnly: true})
	if err != nil || len(at.Replay) > 0 {
		t.Fatalf("attach: %q, %v", at.Replay, err)
	}
	if err := st.m.ResizeSession(by("a"), st.id, int32(small.Rows), int32(small.Cols)); err != nil {
		t.Fatal(err)
	}
	a := st.view("a", small)
	a.show(at)
	a.waitShows(small)
	a.resize(large)
	a.waitShows(large)
	a.leave()
	isPlain(t, "a", a.snapshot())
}

// A client that tails is sent what the program wrote for its size, to the byte,
// and frames of the rest.
func TestTailEndsWhereTheSizeChanges(t *testing.T) {
	st := newStage(t, large, fake())
	a, b := st.view("a", large), st.view("b", large)
	a.attach(exec.AttachOptions{Size: large})
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	for i := range 200 {
		st.print(fmt.Sprintf("\x1b]777;large\x07%d ", i))
		a.resize(small)
		st.print("\x1b]777;small\x07") // which no frame has
		a.resize(large)
	}
	st.settle()
	b.waitShows(large)
	b.mu.Lock()
	defer b.mu.Unlock()
	if text := string(b.text); strings.Contains(text, "small") {
		t.Errorf("it was sent what was written for another size")
	} else if !strings.Contains(text, "large") {
		t.Errorf("it was sent nothing of what was written")
	}
}

func TestNoFrameWhenNothingChanges(t *testing.T) {
	st := newStage(t, small, fake())
	b := st.view("b", large)
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	st.print("text")
	b.waitShows(large)
	frames := len(b.sent())
	for range 20 {
		st.print("\x1b[1m\x1b[m\x1b[s")
	}
	st.print("!")
	b.waitShows(large)
	if n := len(b.sent()) - frames; n != 1 {
		t.Errorf("%d frames for one change", n)
	}
}

func TestFramesEndWithTheSession(t *testing.T) {
	st := newStage(t, small, fake())
	b := st.view("b", large)
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	st.print("\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[?2004hlast words")
	b.waitShows(large)
	st.end <- nil
	if out := b.waitClosed(); out.Exit == nil || out.Detached {
		t.Errorf("told %+v", out)
	}
	isPlain(t, "b", b.snapshot())
}

func TestDetachedByAnotherClient(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	st.print("\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[>5u\x1b[4 q\x1b[2;4r")
	a.waitShows(small)
	b.waitShows(large)
	c := st.view("c", small)
	c.attach(exec.AttachOptions{Size: small, DetachOthers: true})
	for _, v := range []*viewer{a, b} {
		if out := v.waitClosed(); !out.Detached {
			t.Errorf("%s is told %+v", v.name, out)
		}
		isPlain(t, v.name, v.snapshot())
	}
}

func TestDetachInTheMiddleOfOutput(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(5, seed))
		st := newStage(t, small, fake())
		size := small
		if seed%3 == 0 {
			size = large
		}
		a := st.view("a", size)
		a.attach(exec.AttachOptions{Size: size, ReadOnly: true})
		output := narrow(randomOutput(rng, small, 40_000))
		wrote := make(chan struct{})
		go func() {
			defer close(wrote)
			st.write(output)
		}()
		a.waitAt(int64(len(output) * int(seed) / 16))
		a.leave()
		isPlain(t, fmt.Sprint("seed ", seed), a.snapshot())
		<-wrote
	}
}

// A client that becomes the leader because the one before has left gets the
// session's size as well.
func TestRemainingClientIsNoLongerDrawn(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large})
	st.print("both")
	a.waitShows(small)
	b.leave()
	if got := st.size(); got != small {
		t.Errorf("the session's size is %v", got)
	}
	st.print(" one")
	a.waitShows(small)
}
