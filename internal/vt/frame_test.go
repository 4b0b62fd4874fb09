package vt

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// frameClient is a client's terminal and the renderer that draws on it.
type frameClient struct {
	*Renderer
	terminal *Terminal
	before   *Snapshot // of the terminal, before the first frame; nil if resized since
}

func newFrameClient(size Size, caps FrameCaps) *frameClient {
	c := &frameClient{Renderer: NewRenderer(size, caps), terminal: New(size, Config{})}
	c.terminal.Write([]byte("one\r\ntwo\r\n$ xsh attach\r\n"))
	c.before = c.terminal.Snapshot()
	return c
}

func (c *frameClient) resize(size Size) {
	c.before = nil // reflowing its history is the terminal's business
	c.terminal.Resize(size)
	c.Resize(size)
}

// show sends the client a frame and compares what it shows then with s.
func (c *frameClient) show(t *testing.T, s *Snapshot) []byte {
	t.Helper()
	frame := c.AppendFrame(nil, s)
	c.terminal.Write(frame)
	got := c.terminal.Snapshot()
	if want, is := clipped(s, c.size, c.top, c.left), clipped(got, c.size, 0, 0); !slices.Equal(want, is) {
		diff := cmp.Diff(want, is)
		t.Fatalf("size %v at %d,%d of %v (-session +client):\n%s\nframe %q", c.size, c.top, c.left, s.Size(), diff, frame)
	}
	if diff := cmp.Diff(inputState(s), inputState(got)); diff != "" {
		t.Fatalf("state (-session +client):\n%s\nframe %q", diff, frame)
	}
	c.checkCursor(t, s, got)
	if again := c.AppendFrame(nil, s); len(again) > 0 {
		t.Fatalf("nothing changed, but there is a frame: %q", again)
	}
	return frame
}

func (c *frameClient) checkCursor(t *testing.T, s, got *Snapshot) {
	t.Helper()
	row, col, visible := s.Cursor()
	gotRow, gotCol, gotVisible := got.Cursor()
	if visible != gotVisible {
		t.Fatalf("cursor visible %v, want %v", gotVisible, visible)
	}
	if visible && (gotRow != row-c.top || gotCol != col-c.left) {
		t.Fatalf("cursor at %d,%d, want %d,%d", gotRow, gotCol, row-c.top, col-c.left)
	}
}

// leave undoes the frames and compares with the terminal before them.
func (c *frameClient) leave(t *testing.T) {
	t.Helper()
	c.terminal.Write(c.AppendLeave(nil))
	got := c.terminal.Snapshot()
	if got.AltScreen() {
		t.Fatal("left on the alternate screen")
	}
	if c.before == nil {
		return
	}
	want, is := c.before.Describe(true), got.Describe(true)
	delete(want, "saved_cursor") // mode 1049 saves it
	delete(is, "saved_cursor")
	if diff := cmp.Diff(want, is); diff != "" {
		t.Fatalf("after leaving (-before +after):\n%s", diff)
	}
	if more := c.AppendLeave(nil); len(more) > 0 {
		t.Fatalf("left twice: %q", more)
	}
}

// clipped returns what a client of a size must show of s, cell by cell.
func clipped(s *Snapshot, size Size, top, left int) []string {
	rows := make([]string, size.Rows)
	styles := map[Style]string{}
	for y := range rows {
		var b strings.Builder
		if y+top < s.Size().Rows {
			cells := s.Row(y + top).Cells
			for x := range min(size.Cols, s.Size().Cols-left) {
				c := Cell{Width: 1}
				if x+left < len(cells) {
					c = cells[x+left]
				}
				cut := c.Width == 0 && x == 0 || c.Width == 2 && x == size.Cols-1
				if c.Width == 0 && !cut {
					continue
				}
				if c.Text == "" || cut {
					c.Text = " "
				}
				style, ok := styles[c.Style]
				if !ok {
					style = shownStyle(c.Style, s)
					styles[c.Style] = style
				}
				b.WriteString(c.Text)
				b.WriteString(style)
			}
		}
		rows[y] = strings.TrimRight(b.String(), " ")
	}
	return rows
}

// shownStyle tells how a client must show a style of s.
func shownStyle(st Style, s *Snapshot) string {
	st.FG = expected(st.FG, s, s.dynamic[0])
	st.BG = expected(st.BG, s, s.dynamic[1])
	st.UnderlineColor = expected(st.UnderlineColor, s, 0)
	style := strings.TrimRight(strings.Join(describeStyle(&st), ","), ",")
	if style == "" {
		return ""
	}
	return "<" + style + ">"
}

// expected is the colour that a client without the session's palette must print.
func expected(c Color, s *Snapshot, unset Color) Color {
	if c.IsDefault() {
		return unset
	}
	if i, ok := c.Index(); ok && s.palette != nil && s.palette[i] != 0 {
		return s.palette[i]
	}
	return c
}

// inputState is what decides what a terminal sends.
func inputState(s *Snapshot) map[string]any {
	all := s.describeModes()
	m := map[string]any{"title": s.title.window, "shape": s.cursorShape, "kitty": s.kitty[s.screenIndex()].current(),
		"reverse": s.modes & modeReverseVideo, "newline": s.modes & modeNewline, "color": s.dynamic[2]}
	for _, k := range []string{"app_cursor", "app_keypad", "bracketed_paste", "focus", "mouse", "mouse_encoding", "modify_other_keys"} {
		m[k] = all[k]
	}
	if m["mouse"] == "highlight" {
		m["mouse"] = "vt200"
	}
	return m
}

// randomOutput writes what programs write, and some of what they do not.
func randomOutput(rng *rand.Rand, size Size) []byte {
	var b []byte
	add := func(format string, args ...any) { b = fmt.Appendf(b, format, args...) }
	pick := func(choices ...string) string { return choices[rng.IntN(len(choices))] }
	row := func() int { return 1 + rng.IntN(size.Rows) }
	col := func() int { return 1 + rng.IntN(size.Cols) }
	for range 1 + rng.IntN(12) {
		switch rng.IntN(22) {
		case 0, 1, 2:
			add("%s", strings.Repeat(pick("a", "bc ", "long line of text ", "─", "."), 1+rng.IntN(9)))
		case 3:
			add("%s", pick("漢字", "한", "e\u0301", "👍🏽", "❤\ufe0f", "👩\u200d👩\u200d👧", "🇩🇪", "क्षि"))
		case 4, 5:
			add("\r\n")
		case 6, 7:
			add("\x1b[%d;%dH", row(), col())
		case 8, 9, 10:
			add("\x1b[%sm", pick("", "1", "2;3", "4", "4:3;58;5;9", "7", "22", "9;53", "5;8", "24;27",
				"31", "97;44", "38;5;123", "48;2;1;2;3", "39;49", "38:2::9:8:7", "0;21", "59"))
		case 11:
			add("\x1b[%d%s", rng.IntN(4), pick("K", "J", "X", "P", "@", "L", "M", "S", "T", "b"))
		case 12:
			top := row()
			add("\x1b[%d;%dr", top, top+rng.IntN(size.Rows))
		case 13:
			add("%s", pick("\x1b[?1049h", "\x1b[?1049l", "\x1b[?47h", "\x1b[?47l"))
		case 14:
			add("%s", pick("\x1bM", "\x1bD", "\n", "\t", "\x1b7", "\x1b8", "\b"))
		case 15:
			add("\x1b[?%d%s", []int{1, 5, 6, 7, 12, 25, 66, 67, 1004, 1007, 2004, 2027, 2031}[rng.IntN(13)], pick("h", "l"))
		case 16:
			add("\x1b[?%d%s", []int{9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016}[rng.IntN(9)], pick("h", "l"))
		case 17:
			add("%s", pick("\x1b[>4;1m", "\x1b[>4;2m", "\x1b[>4m", "\x1b[>5u", "\x1b[>1u", "\x1b[=3;1u", "\x1b[<u", "\x1b[4 q", "\x1b[ q", "\x1b[20h", "\x1b[20l"))
		case 18:
			add("\x1b]2;%s\x07", pick("", "vim", "título"))
		case 19:
			add("\x1b]8;%s\x1b\\", pick(";", ";http://a/", "id=1;http://b/", ";"))
		case 20:
			add("%s", pick("\x1b]4;1;#102030\x07", "\x1b]104\x07", "\x1b]11;#222222\x07", "\x1b]111\x07", "\x1b]12;#00ff00\x07", "\x1b]112\x07", "\x1b[1\"q", "\x1b[0\"q"))
		case 21:
			add("%s", pick("\x1bc", "\x1b[!p", "\x1b#8", "\x1b[?69h\x1b[2;5s", "\x1b[?69l"))
		}
	}
	return b
}

func TestFramesShowTheScreen(t *testing.T) {
	sizes := []Size{{6, 20}, {6, 20}, {4, 9}, {9, 33}, {6, 7}, {2, 20}, {1, 1}}
	for seed := range uint64(80) {
		rng := rand.New(rand.NewPCG(seed, 1))
		size := Size{6, 20}
		session := New(size, Config{Scrollback: 10})
		var clients []*frameClient
		for i, s := range sizes {
			clients = append(clients, newFrameClient(s, FrameCaps{Sync: i%2 == 0}))
		}
		for range 25 {
			session.Write(randomOutput(rng, size))
			switch rng.IntN(12) {
			case 0:
				size = Size{1 + rng.IntN(9), 1 + rng.IntN(30)}
				session.Resize(size)
			case 1:
				clients[rng.IntN(len(clients))].resize(Size{1 + rng.IntN(9), 1 + rng.IntN(30)})
			}
			s := session.Snapshot()
			for _, c := range clients {
				if rng.IntN(3) > 0 { // clients fall behind
					c.show(t, s)
				}
			}
		}
		for _, c := range clients {
			c.leave(t)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// frameBetween returns the frame between two screens on a client of the same size.
func frameBetween(t *testing.T, size Size, first, second string) string {
	t.Helper()
	session := New(size, Config{})
	client := newFrameClient(size, FrameCaps{})
	session.Write([]byte(first))
	client.show(t, session.Snapshot())
	session.Write([]byte(second))
	return string(client.show(t, session.Snapshot()))
}

func TestFramesAreSmall(t *testing.T) {
	lines := ""
	for i := range 30 {
		lines += fmt.Sprintf("line %d, which is long enough to matter\r\n", i)
	}
	for _, c := range []struct {
		what, first, second string
		max                 int
	}{
		{"a character typed", "$ ", "l", 1},
		{"one erased", "$ ls", "\b \b", 5},
		{"one in the middle", lines, "\x1b[5;10HX", 16},
		{"one in colour", lines, "\x1b[5;10H\x1b[1;31mX", 30},
		{"the cursor moves", lines, "\x1b[A", 10},
		{"a line comes in below", lines, "last\r\n", 20},
		{"a line comes in above", lines, "\x1b[H\x1bM", 10},
		{"a region scrolls", lines, "\x1b[5;15r\x1b[15H\nnew", 60},
		{"the screen is cleared", lines, "\x1b[H\x1b[2J", 15},
		{"the end of a line is erased", lines, "\x1b[5;5H\x1b[K", 15},
		{"a mode is set", "", "\x1b[?2004h", 8},
	} {
		frame := frameBetween(t, Size{24, 80}, c.first, c.second)
		if len(frame) > c.max {
			t.Errorf("%s: %d bytes, at most %d wanted: %q", c.what, len(frame), c.max, frame)
		}
	}
}

func TestFrameIsSynchronised(t *testing.T) {
	session := New(Size{5, 20}, Config{})
	r := NewRenderer(Size{5, 20}, FrameCaps{Sync: true})
	frame := string(r.AppendFrame(nil, session.Snapshot()))
	if !strings.HasPrefix(frame, "\x1b[?2026h") || !strings.HasSuffix(frame, "\x1b[?2026l") {
		t.Errorf("the first frame is %q", frame)
	}
	session.Write([]byte("\x1b[?2026h"))
	if s := session.Snapshot(); !s.Updating() || len(r.AppendFrame(nil, s)) > 0 {
		t.Error("the program's own update is not told, or changed the client")
	}
}

func TestViewportFollowsTheCursor(t *testing.T) {
	session := New(Size{10, 40}, Config{})
	client := newFrameClient(Size{4, 16}, FrameCaps{})
	for _, c := range []struct {
		out       string
		top, left int
	}{
		{"", 0, 0},
		{"\x1b[4;16H", 0, 0},
		{"\x1b[5;16H", 1, 0},
		{"\x1b[4;17H", 1, 8}, // half of the width at a time
		{"\x1b[4;20H", 1, 8},
		{"\x1b[4;25H", 1, 16},
		{"\x1b[10;40H", 6, 24},
		{"\x1b[8;30H", 6, 16}, // no further than needed
		{"\x1b[8;16H", 6, 0},  // lines begin at the left
		{"\x1b[8;30H\r", 6, 0},
		{"\x1b[H", 0, 0},
		{"\x1b[?1049h\x1b[?25l\x1b[10;40H", 0, 0}, // hidden, and no reason to follow
		{"\x1b[?25h", 6, 24},
		{"\x1b[?1049l\x1b[?25l\x1b[6H", 5, 0}, // hidden, but where the output is
	} {
		session.Write([]byte(c.out))
		client.show(t, session.Snapshot())
		if client.top != c.top || client.left != c.left {
			t.Errorf("%q: viewport at %d,%d, want %d,%d", c.out, client.top, client.left, c.top, c.left)
		}
	}
}

func TestWideCharactersAreCutAtTheEdges(t *testing.T) {
	session := New(Size{2, 12}, Config{})
	session.Write([]byte("\x1b[41m漢漢漢漢漢漢\x1b[1;12H"))
	client := newFrameClient(Size{1, 5}, FrameCaps{})
	client.show(t, session.Snapshot())
	if got := client.terminal.Snapshot().Row(0).Text(); got != " 漢漢" {
		t.Errorf("shows %q", got)
	}
	session.Write([]byte("\r"))
	client.show(t, session.Snapshot())
	if got := client.terminal.Snapshot().Row(0).Text(); got != "漢漢" {
		t.Errorf("shows %q", got)
	}
}

func TestTablesOfARendererAreBounded(t *testing.T) {
	size := Size{10, 40}
	session := New(size, Config{})
	client := newFrameClient(size, FrameCaps{})
	for i := range 60 {
		for j := range 300 {
			n := i*300 + j
			session.Write(fmt.Appendf(nil, "\x1b[38;2;%d;%d;7ma%c", n>>8, n&0xff, 0x300+n%100))
		}
		client.show(t, session.Snapshot())
	}
	if n := len(client.ids.styles.styles); n > 2*minFrameIDs {
		t.Errorf("%d styles are kept", n)
	}
}

func TestResetDrawsAgain(t *testing.T) {
	session := New(Size{5, 20}, Config{})
	session.Write([]byte("hello\x1b[?1h"))
	client := newFrameClient(Size{5, 20}, FrameCaps{})
	first := string(client.show(t, session.Snapshot()))
	client.Reset()
	client.terminal = New(client.size, Config{})
	if again := string(client.show(t, session.Snapshot())); again != first {
		t.Errorf("after Reset %q, at first %q", again, first)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("hello\x1b[2;3H\x1b[31m漢\x1b[?1049h\x1b[5S"), byte(5), byte(9))
	f.Add([]byte("a\r\nb\r\nc\r\nd\r\ne\x1b[1;3r\x1bM\x1b]8;;x\x07y"), byte(3), byte(20))
	f.Fuzz(func(t *testing.T, in []byte, rows, cols byte) {
		session := New(Size{5, 20}, Config{Scrollback: 5})
		client := newFrameClient(Size{1 + int(rows%10), 1 + int(cols%40)}, FrameCaps{Sync: rows >= 128})
		for len(in) > 0 {
			n := min(len(in), 16)
			session.Write(in[:n])
			in = in[n:]
			client.show(t, session.Snapshot())
		}
		client.leave(t)
	})
}

func BenchmarkFrameUnchanged(b *testing.B) {
	session := New(Size{50, 160}, Config{})
	session.Write([]byte(strings.Repeat("the quick brown fox jumps over the lazy dog ", 180)))
	r := NewRenderer(Size{50, 160}, FrameCaps{})
	s := session.Snapshot()
	out := r.AppendFrame(nil, s)
	b.ReportAllocs()
	for b.Loop() {
		out = r.AppendFrame(out[:0], s)
	}
}

func BenchmarkFrameKeystroke(b *testing.B) {
	session := New(Size{50, 160}, Config{})
	session.Write([]byte(strings.Repeat("the quick brown fox jumps over the lazy dog ", 180)))
	one := session.Snapshot()
	session.Write([]byte("\rX"))
	two := session.Snapshot()
	r := NewRenderer(Size{50, 160}, FrameCaps{})
	out := r.AppendFrame(nil, one)
	b.ReportAllocs()
	for b.Loop() {
		out = r.AppendFrame(out[:0], two)
		out = r.AppendFrame(out[:0], one)
	}
}

func BenchmarkFrameFull(b *testing.B) {
	session := New(Size{50, 160}, Config{})
	for i := range 50 {
		session.Write(fmt.Appendf(nil, "\x1b[%d;1H\x1b[3%dm%s\x1b[m%s", i+1, i%8, strings.Repeat("x", 80), strings.Repeat("y", 80)))
	}
	s := session.Snapshot()
	r := NewRenderer(Size{50, 160}, FrameCaps{})
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		r.Resize(Size{50, 160})
		out = r.AppendFrame(out[:0], s)
	}
	b.SetBytes(int64(len(out)))
}
