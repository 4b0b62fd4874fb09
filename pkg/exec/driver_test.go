package exec_test

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// eachDriver runs a test on a Manager and on a PluginClient of it.
func eachDriver(t *testing.T, f func(t *testing.T, st *stage, d exec.Driver)) {
	t.Run("manager", func(t *testing.T) {
		leaktest.Check(t)
		st := newStage(t, small, fake())
		f(t, st, st.m)
	})
	t.Run("client", func(t *testing.T) {
		leaktest.Check(t)
		st := newStage(t, small, fake())
		f(t, st, exec.NewPluginClient(dial(t, listen(t, st.m))))
	})
}

// within is a context that a test's patience bounds.
func within(t *testing.T) *types.PluginContext {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return &types.PluginContext{Context: ctx, RequestID: "test"}
}

func TestType(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("\x1b[?1h\x1b[?2004h") // application cursor keys, bracketed paste
		typed, err := d.Type(within(t), st.id,
			exec.Input{Text: []byte("a\xff")}, exec.Input{Key: "Up"}, exec.Input{Key: "C-c"},
			exec.Input{Paste: []byte("x\x1b[201~\ny")})
		if err != nil {
			t.Fatal(err)
		}
		const want = "a\xff\x1bOA\x03\x1b[200~x\ry\x1b[201~"
		if got := st.input("\x1b[201~"); got != want || typed.Bytes != int64(len(want)) || typed.Offset != st.written {
			t.Errorf("typed %+v, the program read %q", typed, got)
		}
		if s, err := st.m.GetSession(nil, st.id); err != nil || s.Attached || s.UsedAt.IsZero() {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := d.Type(within(t), "nosuch", exec.Input{Text: []byte("x")}); !errors.Is(err, exec.ErrSessionNotFound) {
			t.Errorf("to no session: %v", err)
		}
		if _, err := d.Type(within(t), st.id, exec.Input{Text: []byte("x")}, exec.Input{Key: "C-Nope"}); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("a key that there is not: %v", err)
		}
		st.end <- nil
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Type(within(t), st.id, exec.Input{Text: []byte("x")}); !errors.Is(err, exec.ErrSessionClosed) {
			t.Errorf("to an ended session: %v", err)
		}
	})
}

func TestCapture(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("\x1b]2;title\a\x1b]7;file://host/tmp/a%20b\a" + strings.Repeat("line\r\n", small.Rows) + "\x1b[1;31mred\x1b[0m rest")
		screen, err := d.Capture(within(t), st.id, exec.CaptureOptions{History: -1, Styles: true})
		if err != nil {
			t.Fatal(err)
		}
		last := screen.Lines[small.Rows-1]
		if screen.Size != small || screen.Offset != st.written || screen.Title != "title" || screen.Dir != "/tmp/a b" ||
			screen.HistoryLines != 1 || screen.HistoryText() != "line\n" || last.Text != "red rest" {
			t.Errorf("%+v", screen)
		}
		if len(last.Runs) != 2 || last.Runs[0].FG != "1" || !last.Runs[0].Bold || last.Runs[0].Text != "red" {
			t.Errorf("runs %+v", last.Runs)
		}
		if at, ok := screen.Find(regexp.MustCompile("rest")); !ok || at.Row != small.Rows-1 || at.Col != 4 {
			t.Errorf("found at %+v", at)
		}
		if s, _ := st.m.GetSession(nil, st.id); s.Title != "title" || s.Dir != "/tmp/a b" {
			t.Errorf("session %+v", s)
		}
	})
}

// What is waited for counts when it was there before, and when it passed the screen
// before anybody looked.
func TestWaitForText(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("ready$ ")
		w, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: `y\$ $`})
		if err != nil || w.Row != 0 || w.Match != "y$ " || w.Reason != exec.WaitText {
			t.Fatalf("%+v, %v", w, err)
		}
		from := st.written
		st.print("needle" + strings.Repeat("\r\n", 5*small.Rows) + "end")
		w, err = d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: "needle", Since: &from})
		if err != nil || w.Row != -1 && w.Row != 0 {
			t.Errorf("since %d: %+v, %v", from, w, err)
		}
		from = st.written
		waited := make(chan error, 1)
		go func() {
			_, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: "later", Since: &from})
			waited <- err
		}()
		st.print("lat")
		st.print("er\x1b[2J")
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitGone, Pattern: "later"}); err != nil {
			t.Error(err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: "a(b"}); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("bad pattern: %v", err)
		}
		st.end <- nil
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: "never"}); !errors.Is(err, exec.ErrSessionClosed) {
			t.Errorf("the session ended: %v", err)
		}
	})
}

func TestWaitTimesOut(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		for _, o := range []exec.WaitOptions{
			{}, {For: exec.WaitCommand}, {For: exec.WaitPrompt}, {For: exec.WaitText, Pattern: "x"},
			{For: exec.WaitIdle, Idle: time.Hour}, {For: exec.WaitBell}, {For: exec.WaitTitle, Pattern: "."},
			{For: exec.WaitState, Pattern: "attached"},
		} {
			st.print("\r\n")
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			_, err := d.Wait(&types.PluginContext{Context: ctx, RequestID: "test"}, st.id, o)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", o.For, err)
			}
		}
	})
}

// A shell's marks, a bell and a title are events, and what waits finds those that
// were before.
func TestEventsOfPrograms(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		ctx := t.Context()
		if _, err := d.Type(within(t), st.id, exec.Input{Text: []byte("make\r")}); err != nil {
			t.Fatal(err)
		}
		st.print("\x1b]133;A\a$ \x1b]133;B\a\x1b]633;E;make\\x3b \\\\;nonce\a\x1b]133;C\aout\a\x1b]2;building\a" +
			"\x1b]777;notify;done;all of it\a\x1b]9;4;1;50\a\x1b]133;D;2\a\x1b]133;A\a")
		var kinds []string
	watch:
		for ev, err := range d.Watch(ctx, 0, st.id) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, string(ev.Kind))
			switch ev.Kind {
			case exec.EventCommandStarted:
				if ev.Line != `make; \` {
					t.Errorf("line %q", ev.Line)
				}
			case exec.EventNotification:
				if ev.Title != "done" || ev.Body != "all of it" {
					t.Errorf("%+v", ev)
				}
			case exec.EventProgress:
				if *ev.Progress != (exec.Progress{State: "normal", Percent: 50}) {
					t.Errorf("%+v", ev.Progress)
				}
			case exec.EventCommandFinished:
				if ev.Line != `make; \` || *ev.Status != 2 {
					t.Errorf("%+v", ev)
				}
				break watch
			}
		}
		want := []string{"created", "prompt", "command-started", "bell", "title", "notification", "state", "progress", "state", "command-finished"}
		if !slices.Equal(kinds, want) {
			t.Errorf("events %q", kinds)
		}
		if w, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitCommand}); err != nil || *w.Status != 2 {
			t.Errorf("command: %+v, %v", w, err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitPrompt}); err != nil {
			t.Errorf("prompt: %v", err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitBell}); err != nil {
			t.Errorf("bell: %v", err)
		}
		if w, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitTitle, Pattern: "^build"}); err != nil || w.Match != "building" {
			t.Errorf("title: %+v, %v", w, err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitIdle, Idle: time.Millisecond}); err != nil {
			t.Errorf("idle: %v", err)
		}
	})
}

// A watcher that comes too late is told how much it missed.
func TestWatchTellsWhatIsMissed(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		for i := range 6000 {
			if _, err := d.Label(within(t), st.id, map[string]string{"n": strings.Repeat("x", i%7)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		var last int64
		for ev, err := range d.Watch(t.Context(), 2) {
			if err != nil {
				t.Fatal(err)
			}
			if ev.Missed == 0 || ev.Number != 3+ev.Missed {
				t.Errorf("first event %d, missed %d", ev.Number, ev.Missed)
			}
			last = ev.Number
			break
		}
		for ev := range d.Watch(t.Context(), last) {
			if ev.Number != last+1 || ev.Missed != 0 {
				t.Errorf("after %d: %+v", last, ev)
			}
			break
		}
	})
}

func TestLogs(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("0123456789")
		read := func(o exec.LogsOptions) string {
			t.Helper()
			l, err := d.Logs(t.Context(), st.id, o)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			all, err := io.ReadAll(l)
			if err != nil {
				t.Error(err)
			}
			return string(all)
		}
		if got := read(exec.LogsOptions{}) + read(exec.LogsOptions{From: new(int64(7))}) + read(exec.LogsOptions{From: new(int64(-2))}); got != "012345678978989" {
			t.Errorf("read %q", got)
		}
		l, err := d.Logs(t.Context(), st.id, exec.LogsOptions{From: new(int64(8)), Follow: true})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		st.print("more")
		st.end <- nil
		if all, err := io.ReadAll(l); err != nil || string(all) != "89more" || l.Begin() != 8 {
			t.Errorf("followed %q, %v", all, err)
		}
		if _, err := d.Logs(t.Context(), "nosuch", exec.LogsOptions{}); !errors.Is(err, exec.ErrSessionNotFound) {
			t.Errorf("no session: %v", err)
		}
		if _, err := d.Logs(t.Context(), st.id, exec.LogsOptions{From: new(int64(99))}); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("past the end: %v", err)
		}
	})
}

// What left the buffer is told with its offsets, by whoever was to look at it.
func TestLostOutput(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		for range 32 {
			st.print(strings.Repeat("x", 64<<10))
		}
		l, err := d.Logs(t.Context(), st.id, exec.LogsOptions{From: new(int64(5))})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var lost *exec.LostError
		if _, err := io.ReadAll(l); !errors.As(err, &lost) || lost.From != 5 || lost.Until != st.written-exec.DefaultOutputBufferSize {
			t.Errorf("logs: %v", err)
		}
		_, err = d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: "y", Since: new(int64(5))})
		if !errors.As(err, &lost) || lost.From != 5 {
			t.Errorf("wait: %v", err)
		}
	})
}

func TestSearch(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n" + strings.Repeat("\r\n", small.Rows) + strings.Repeat("w", small.Cols) + "rapped")
		search := func(o exec.SearchOptions) string {
			t.Helper()
			found, err := d.Search(within(t), st.id, o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range found.Lines {
				mark := "-"
				if l.Match {
					mark = ":"
				}
				got = append(got, string(rune('0'+l.Number))+mark+l.Text)
			}
			if found.More {
				got = append(got, "more")
			}
			return strings.Join(got, " ")
		}
		for want, o := range map[string]exec.SearchOptions{
			"2:two 3:three":               {Pattern: "^t"},
			"1-one 2:two 3:three 4-four":  {Pattern: "^t", Before: 1, Behind: 1},
			"2-two 3:three 4-four 5:five": {Pattern: "ee|five", Before: 1},
			"3:three more":                {Pattern: "^t", Most: 1},
			"":                            {Pattern: "nothing"},
		} {
			if got := search(o); got != want {
				t.Errorf("%+v: %q, want %q", o, got, want)
			}
		}
		if found, err := d.Search(within(t), st.id, exec.SearchOptions{Pattern: "wrapped$"}); err != nil || len(found.Lines) != 1 {
			t.Errorf("a wrapped line: %+v, %v", found, err)
		}
		if _, err := d.Search(within(t), st.id, exec.SearchOptions{Pattern: "("}); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("bad pattern: %v", err)
		}
	})
}

func TestChanges(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		other, err := st.m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "stage", Name: "other"})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := d.Rename(within(t), st.id, "web"); err != nil || s.Name != "web" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := d.Rename(within(t), "web", "other"); !errors.Is(err, exec.ErrSessionExists) {
			t.Errorf("a name in use: %v", err)
		}
		if _, err := d.Rename(within(t), "web", "a b"); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("a bad name: %v", err)
		}
		if s, err := d.Label(within(t), "web", map[string]string{"a": "1", "b": "2"}, nil); err != nil || len(s.Labels) != 2 {
			t.Errorf("%+v, %v", s, err)
		}
		if s, err := d.Label(within(t), "web", nil, []string{"a"}); err != nil || len(s.Labels) != 1 || s.Labels["b"] != "2" {
			t.Errorf("%+v, %v", s, err)
		}
		for what, set := range map[string]map[string]string{
			`bad label "caf\xe9": it is not UTF-8`:             {"caf\xe9": "x"},
			`bad value "\xff" of label "key": it is not UTF-8`: {"key": "\xff"},
		} {
			if _, err := d.Label(within(t), "web", set, nil); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), what) {
				t.Errorf("a label that is no UTF-8: %v, want %s", err, what)
			}
		}
		if _, err := d.Label(within(t), "web", map[string]string{"c": strings.Repeat("x", 600)}, nil); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("a label too long: %v", err)
		}
		st.print(strings.Repeat("line\r\n", 3*small.Rows))
		if _, err := d.ClearHistory(within(t), "web"); err != nil {
			t.Error(err)
		}
		if screen, err := d.Capture(within(t), "web", exec.CaptureOptions{}); err != nil || screen.HistoryLines != 0 || screen.Lines[0].Text != "line" {
			t.Errorf("%+v, %v", screen, err)
		}
		if _, err := d.Respawn(within(t), other.ID); !errors.Is(err, exec.ErrSessionExists) {
			t.Errorf("respawn of an active session: %v", err)
		}
		if _, err := st.m.Kill(within(t), "other", exec.StreamSignalNone); err != nil {
			t.Fatal(err)
		}
		if s, err := d.Respawn(within(t), "other"); err != nil || s.ID != other.ID || s.Name != "other" || s.Exit != nil {
			t.Errorf("respawn: %+v, %v", s, err)
		}
	})
}
