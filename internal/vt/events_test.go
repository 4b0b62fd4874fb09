package vt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told returns what a terminal's owner is told of what a program writes.
func told(input string) (events []string) {
	add := func(format string, args ...any) { events = append(events, fmt.Sprintf(format, args...)) }
	term := New(Size{5, 20}, Config{Effects: Effects{
		Bell:     func() { add("bell") },
		Title:    func(title string) { add("title %s", title) },
		Cwd:      func(uri string) { add("cwd %s", uri) },
		Notify:   func(title, body string) { add("notify %q %q", title, body) },
		Progress: func(state, percent int) { add("progress %d %d", state, percent) },
		Mark:     func(kind byte, params string) { add("mark %c %s", kind, params) },
	}})
	term.Write([]byte(input))
	return events
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, input string
		want        []string
	}{
		{"bell", "\a\x1b]2;x\a", []string{"bell", "title x"}},
		{"a title that does not change", "\x1b]2;x\a\x1b]0;x\a", []string{"title x"}},
		{"directories", "\x1b]7;file://h/a\a\x1b]1337;CurrentDir=/b\a\x1b]633;P;Cwd=/c\a", []string{"cwd file://h/a", "cwd file:///b", "cwd file:///c"}},
		{"OSC 9", "\x1b]9;done\a\x1b]9;9;C:\\x\a\x1b]9;3 files; done\a", []string{`notify "" "done"`, `notify "" "3 files; done"`}},
		{"OSC 777", "\x1b]777;notify;title;body; more\a\x1b]777;other;x\a", []string{`notify "title" "body; more"`}},
		{"OSC 99", "\x1b]99;;hello\a\x1b]99;i=1:d=0;ti\a\x1b]99;i=1:d=0;tle\a\x1b]99;i=1:p=body:e=1;Ym9keQ==\a", []string{`notify "hello" ""`, `notify "title" "body"`}},
		{"OSC 99 of which nothing is shown", "\x1b]99;i=1:p=?;\a\x1b]99;i=1:p=close;\a", nil},
		{"control characters", "\x1b]9;a\x01b\u009bc\a", []string{`notify "" "abc"`}},
		{"progress", "\x1b]9;4;1;50\a\x1b]9;4;2\a\x1b]9;4;3;9\a\x1b]9;4;4;200\a\x1b]9;4;0;\a\x1b]9;4;7;1\a",
			[]string{"progress 1 50", "progress 2 50", "progress 3 0", "progress 4 100", "progress 0 0"}},
		{"marks", "\x1b]133;A;redraw=1\a\x1b]133;B\a\x1b]133;C;cmdline_url=ls\a\x1b]133;D;1;aid=3\a\x1b]133;L\a\x1b]133;P;k=s\a",
			[]string{"mark A redraw=1", "mark B ", "mark C cmdline_url=ls", "mark D 1;aid=3", "mark P k=s"}},
		{"marks of VS Code", "\x1b]633;E;make\\x3b ls;nonce\a\x1b]633;P;IsWindows=False\a\x1b]633;D;0\a",
			[]string{`mark E make\x3b ls;nonce`, "mark P IsWindows=False", "mark D 0"}},
	} {
		if diff := cmp.Diff(c.want, told(c.input)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What is told is bounded, however much a program says.
func TestEventsAreBounded(t *testing.T) {
	long := strings.Repeat("é", maxString/2-100)
	for _, input := range []string{"\x1b]2;" + long, "\x1b]9;" + long, "\x1b]777;notify;" + long + ";x", "\x1b]133;D;" + long, "\x1b]633;E;" + long} {
		for _, e := range told(input + "\a") {
			if len(e) > maxString+40 {
				t.Errorf("%.20q: %d bytes", input, len(e))
			}
		}
	}
	var parts strings.Builder
	for range 100 {
		fmt.Fprintf(&parts, "\x1b]99;i=1:d=0:p=body;%s\a", long)
	}
	for _, e := range told(parts.String() + "\x1b]99;i=1;end\a") {
		if len(e) > maxNotifyBody+maxNotifyTitle {
			t.Errorf("a notification in parts: %d bytes", len(e))
		}
	}
}

// Marks survive history, a replay and other sizes with what they say.
func TestMarksAreKept(t *testing.T) {
	term := New(Size{3, 20}, Config{})
	for i := range 5 {
		term.Write(fmt.Appendf(nil, "\x1b]133;D;%d\a\x1b]133;A;redraw=0\a$ x\r\n\x1b]133;C\aout\r\n", i))
	}
	client := New(Size{3, 20}, Config{})
	client.Write(term.Snapshot().AppendReplay(nil, ReplayOptions{}))
	client.Resize(Size{3, 9})
	for i, l := range client.Snapshot().History(0, 8) {
		want := []string{"C"}
		if i%2 == 0 {
			want = []string{fmt.Sprintf("D;%d", i/2), "A;redraw=0"}
		}
		if !slices.Equal(l.Marks, want) {
			t.Errorf("line %d %q: marks %q, want %q", i, l.Text(), l.Marks, want)
		}
	}
}

// A program cannot make the table of marks grow beyond what rows have.
func TestMarksAreBounded(t *testing.T) {
	term := New(Size{3, 20}, Config{Scrollback: 100})
	for i := range 200_000 {
		term.Write(fmt.Appendf(nil, "\x1b]133;D;%d\a\r\n", i))
		if i%1000 == 0 {
			term.Resize(Size{3 + i/1000%2, 20})
		}
	}
	if n := len(term.tables.marks.texts); n > 2*minMarkLimit {
		t.Errorf("%d marks are kept", n)
	}
	if got := term.Snapshot().Row(1).Marks; !slices.Equal(got, []string{"D;199999"}) && !slices.Equal(got, []string{"D;199998"}) {
		t.Errorf("marks of the last row: %q", got)
	}
}

// Double rows are kept for terminals that can show them.
func TestDoubleRowsAreReplayed(t *testing.T) {
	term := New(Size{4, 20}, Config{})
	term.Write([]byte("\x1b#3big\r\n\x1b#4big\r\n\x1b#6wide\r\n\x1b#6\x1b#5plain"))
	replay := string(term.Snapshot().AppendReplay(nil, ReplayOptions{}))
	if !strings.Contains(replay, "\x1b#3big\r\n\x1b#4big\r\n\x1b#6wide\r\nplain") {
		t.Errorf("replay %q", replay)
	}
}

// What is done beside the screen is found in what was written, however long it is and
// however it ends.
func TestAsides(t *testing.T) {
	long := strings.Repeat("QUJD", 3*maxString/4)
	for _, c := range []struct {
		input string
		want  []string
	}{
		{"x\x1b]52;c;QUJD\ay\x1b]52;p;\x1b\\\x1b]52;c;" + long + "\xc2\x9c", []string{"1 52;c;QUJD", "1 52;p;", "1 52;c;" + long + "\xc2"}},
		{"\x1b]9;done\a\x1b]99;i=1:d=0;a\a\x1b]777;notify;a;b\x1b\\", []string{"2 9;done", "2 99;i=1:d=0;a", "2 777;notify;a;b"}},
		{"\x1b]52;c;?\a\x1b]99;i=1:p=?;\a\x1b]99;p=alive;\a\x1b]9;4;1;50\a\x1b]9;9;/x\a\x1b]777;other\a\x1b]52;c\a\x1b]2;52;c;x\a\x1b]52;c;cut\x18", nil},
	} {
		for _, step := range []int{1, len(c.input)} {
			var got []string
			written := 0
			var term *Terminal
			term = New(Size{5, 20}, Config{Effects: Effects{Aside: func(kind Aside, length int) {
				end := written + term.Taken() - 1
				got = append(got, fmt.Sprintf("%d %s", kind, c.input[end-length:end]))
			}}})
			for written < len(c.input) {
				written += term.WriteSome([]byte(c.input[written:min(written+step, len(c.input))]))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%.60q by %d (-want +got):\n%s", c.input, step, diff)
			}
		}
	}
}

// Frames show the progress with the window, as long as there is one.
func TestFramesShowProgress(t *testing.T) {
	term := New(Size{5, 20}, Config{})
	r := NewRenderer(Size{3, 10}, FrameCaps{})
	frame := func(input string) string {
		term.Write([]byte(input))
		return string(r.AppendFrame(nil, term.Snapshot()))
	}
	frame("text")
	for _, c := range []struct{ input, want string }{
		{"\x1b]9;4;1;50\a", "\x1b]9;4;1;50\x1b\\"},
		{"\x1b]9;4;1;50\a", ""},
		{"\x1b]9;4;2\a", "\x1b]9;4;2;50\x1b\\"},
		{"\x1b]9;4;0\a", "\x1b]9;4;0\x1b\\"},
	} {
		if got := frame(c.input); got != c.want {
			t.Errorf("%q: %q, want %q", c.input, got, c.want)
		}
	}
	frame("\x1b]9;4;3\a")
	if leave := string(r.AppendLeave(nil)); strings.Count(leave, "\x1b]9;4;0\x1b\\") != 1 {
		t.Errorf("on leaving: %q", leave)
	}
}
