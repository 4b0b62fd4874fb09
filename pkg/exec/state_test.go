package exec_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// reporter is what the tests of states need.
type reporter interface {
	exec.Driver
	exec.Reporter
	exec.Provider
}

func stateOf(t *testing.T, d exec.Provider, id string) exec.State {
	t.Helper()
	s, err := d.GetSession(within(t), id)
	if err != nil {
		t.Fatal(err)
	}
	return s.State
}

// wantState checks a state but for its time, which it must have.
func wantState(t *testing.T, d exec.Provider, id string, want exec.State) {
	t.Helper()
	got := stateOf(t, d, id)
	if got.Since.IsZero() != (want.Name == exec.StateUnknown) {
		t.Errorf("state %q has the time %v", got.Name, got.Since)
	}
	if got.Name != want.Name || got.Message != want.Message || got.Source != want.Source ||
		(got.Progress == nil) != (want.Progress == nil) || got.Progress != nil && *got.Progress != *want.Progress {
		t.Errorf("state %+v, want %+v", got, want)
	}
}

func TestReport(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		r := d.(reporter)
		wantState(t, r, st.id, exec.State{})
		long := strings.Repeat("x", 5000)
		for _, state := range []exec.State{
			{Name: exec.StateWorking, Message: "tests", Progress: new(0)},
			{Name: exec.StateWorking, Message: "tests", Progress: new(100)},
			{Name: exec.StateBlocked, Message: "may I?"},
			{Name: exec.StateIdle}, {Name: exec.StateFailed, Message: long}, {Name: exec.StateDone},
		} {
			if _, err := r.Report(within(t), st.id, state); err != nil {
				t.Fatal(err)
			}
			state.Source = exec.SourceReport
			if state.Message == long {
				state.Message = long[:1024]
			}
			wantState(t, r, st.id, state)
		}
		before := stateOf(t, r, st.id).Since
		if s, err := r.Report(within(t), st.id, exec.State{Name: exec.StateDone, Progress: new(7)}); err != nil || !s.State.Since.Equal(before) {
			t.Errorf("what goes on has another time: %+v, %v", s, err)
		}
		if _, err := r.Report(within(t), st.id, exec.State{}); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, st.id, exec.State{})

		if _, err := r.Report(within(t), "nosuch", exec.State{Name: exec.StateDone}); !errors.Is(err, exec.ErrSessionNotFound) {
			t.Errorf("of no session: %v", err)
		}
		if _, err := r.Report(within(t), st.id, exec.State{Name: "asleep"}); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), `unknown state "asleep": the client may be newer than the server`) {
			t.Errorf("of a state that there is not: %v", err)
		}
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitState, Pattern: "asleep"}); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), `unknown state "asleep": it is one of attached, `) {
			t.Errorf("waiting for a state that there is not: %v", err)
		}
		for _, p := range []int{-1, 101} {
			if _, err := r.Report(within(t), st.id, exec.State{Name: exec.StateDone, Progress: new(p)}); !errors.Is(err, exec.ErrTerminalError) {
				t.Errorf("with progress %d: %v", p, err)
			}
		}
		r.Report(within(t), st.id, exec.State{Name: exec.StateDone, Message: "fine"})
		st.end <- nil
		if _, err := d.Wait(within(t), st.id, exec.WaitOptions{}); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, st.id, exec.State{Name: exec.StateDone, Message: "fine", Source: exec.SourceReport})
		if _, err := r.Report(within(t), st.id, exec.State{Name: exec.StateIdle}); !errors.Is(err, exec.ErrSessionClosed) {
			t.Errorf("of an ended session: %v", err)
		}
	})
}

// A source tells only where those that are trusted more do not.
func TestStateSources(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, small, fake())
	m := st.m
	terminal, shell := exec.SourceTerminal, exec.SourceShell
	for _, step := range []struct {
		do   string // printed; or typed, reported
		want exec.State
	}{
		{"\x1b]133;A\a$ ", exec.State{Name: exec.StateIdle, Source: shell}},
		{"\x1b]133;C;cmdline_url=agent\a", exec.State{Name: exec.StateWorking, Message: "agent", Source: shell}},
		{"\x1b]9;4;3\a", exec.State{Name: exec.StateWorking, Source: terminal}},
		{"\x1b]9;4;1;55\a", exec.State{Name: exec.StateWorking, Progress: new(55), Source: terminal}},
		{"\x1b]9;4;2\a", exec.State{Name: exec.StateFailed, Source: terminal}},
		{"\x1b]9;4;4\a", exec.State{Name: exec.StateBlocked, Source: terminal}},
		{"\x1b]9;4;0\a", exec.State{Name: exec.StateWorking, Message: "agent", Source: shell}},
		{"\x1b]777;notify;agent;may I?\a", exec.State{Name: exec.StateBlocked, Message: "agent: may I?", Source: terminal}},
		{"type", exec.State{Name: exec.StateWorking, Message: "agent", Source: shell}},
		{"\x1b]9;look\a", exec.State{Name: exec.StateBlocked, Message: "look", Source: terminal}},
		{"report", exec.State{Name: exec.StateDone, Source: exec.SourceReport}},
		{"\x1b]9;4;1;10\a", exec.State{Name: exec.StateDone, Source: exec.SourceReport}},
		{"\x1b]133;D;0\a\x1b]133;A\a$ ", exec.State{Name: exec.StateDone, Source: exec.SourceReport}},
		{"take back", exec.State{Name: exec.StateIdle, Source: shell}},
		{"\x1b]133;C\a\x1b]9;4;1;10\a\x1b]133;D\a\x1b]133;A\a", exec.State{Name: exec.StateIdle, Source: shell}},
		{"\x1b]133;D\a", exec.State{}},
	} {
		var err error
		switch step.do {
		case "type":
			_, err = m.Type(within(t), st.id, exec.Input{Key: "y"})
		case "report":
			_, err = m.Report(within(t), st.id, exec.State{Name: exec.StateDone})
		case "take back":
			_, err = m.Report(within(t), st.id, exec.State{})
		default:
			st.print(step.do)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%q", step.do)
		wantState(t, m, st.id, step.want)
	}
	st.print("\x1b]9;4;3\a")
	st.end <- nil
	if _, err := m.Wait(within(t), st.id, exec.WaitOptions{}); err != nil {
		t.Fatal(err)
	}
	wantState(t, m, st.id, exec.State{})
}

// Events tell a new state, where no other event does.
func TestStateEvents(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, small, fake())
	st.print("\x1b]133;A\a\x1b]133;C\a\x1b]133;D\a\x1b]133;A\a") // told by events of their own
	st.print("\x1b]9;4;1;10\a\x1b]9;4;1;20\a")
	st.m.Report(within(t), st.id, exec.State{Name: exec.StateBlocked, Message: "why", Progress: new(3)})
	st.print("\x1b]9;4;2\a") // is not what counts
	st.m.Report(within(t), st.id, exec.State{Name: exec.StateBlocked, Message: "why", Progress: new(3)})
	st.m.Report(within(t), st.id, exec.State{})
	st.print("\x1b]9;4;0\a")
	st.m.Rename(within(t), st.id, "over")
	want := []string{"working  terminal 10", "blocked why report 3", "failed  terminal -1", "idle  shell -1"}
	for ev, err := range st.m.Watch(within(t).Context, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == exec.EventRenamed {
			break
		}
		if ev.Kind != exec.EventState {
			continue
		}
		percent := "-1"
		if ev.Progress != nil {
			percent = map[int]string{10: "10", 3: "3"}[ev.Progress.Percent]
		}
		got := ev.State + " " + ev.Body + " " + string(ev.Source) + " " + percent
		if len(want) == 0 || got != want[0] {
			t.Fatalf("event %q, want %q", got, want)
		}
		want = want[1:]
	}
	if len(want) > 0 {
		t.Errorf("no events %q", want)
	}
}

func TestWaitForState(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		r := d.(reporter)
		wait := func(name string, since *int64) (*exec.Waited, error) {
			return d.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitState, Pattern: name, Since: since})
		}
		r.Report(within(t), st.id, exec.State{Name: exec.StateBlocked, Message: "may I?"})
		if w, err := wait("blocked", nil); err != nil || w.State != exec.StateBlocked || w.Match != "may I?" {
			t.Errorf("what is the case: %+v, %v", w, err)
		}
		// What was the case before does not count since then, though nothing was printed;
		// nor from the offset on that Type told.
		typed, err := d.Type(within(t), st.id, exec.Input{Text: []byte("yes")})
		if err != nil {
			t.Fatal(err)
		}
		waits := make(chan *exec.Waited, 2)
		for _, since := range []int64{exec.SinceTyped, typed.Offset} {
			go func() {
				w, err := wait("blocked", &since)
				if err != nil {
					t.Error(err)
				}
				waits <- w
			}()
		}
		// It is over when somebody looks, and counts all the same.
		r.Report(within(t), st.id, exec.State{Name: exec.StateWorking})
		r.Report(within(t), st.id, exec.State{Name: exec.StateBlocked, Message: "again?"})
		r.Report(within(t), st.id, exec.State{Name: exec.StateWorking})
		for range cap(waits) {
			if w := <-waits; w == nil || w.State != exec.StateBlocked || w.Match != "again?" {
				t.Errorf("since it was typed: %+v", w)
			}
		}
		if _, err := wait("asleep", nil); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("for a state that there is not: %v", err)
		}
		// A shell's marks count where nothing else tells.
		r.Report(within(t), st.id, exec.State{})
		st.print("\x1b]133;A\a")
		if w, err := wait("idle", nil); err != nil || w.State != exec.StateIdle {
			t.Errorf("at a prompt: %+v, %v", w, err)
		}
		st.end <- nil
		if _, err := wait("failed", nil); !errors.Is(err, exec.ErrSessionClosed) {
			t.Errorf("when the session has ended: %v", err)
		}
	})
}

// TestStateIsKept: the server that comes next knows what was reported, and what the
// terminal showed, also before the screen was stored.
func TestStateIsKept(t *testing.T) {
	h := &holder{held: map[string]exec.Kept{}}
	old := newKeptManager(t, h)
	create := func(print string) string {
		s, err := old.CreateSession(nil, exec.SessionOptions{
			ResourcePlugin: local.Plugin, ResourceKey: local.Resource, TTY: true, Size: small,
			Command: []string{"/bin/sh", "-c", "printf '" + print + "ready'; exec sleep 1000"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := old.Wait(within(t), s.ID, exec.WaitOptions{For: exec.WaitText, Pattern: "ready"}); err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	reported, notified := create(`\033]9;4;3\a`), create(`\033]9;need you\a`)
	progress, marked := create(`\033]9;4;1;30\a`), create(`\033]133;C;cmdline_url=make\a`)
	old.Report(within(t), reported, exec.State{Name: exec.StateBlocked, Message: "may I?", Progress: new(40)})
	if len(h.all()) == 0 {
		t.Skip("this system has no memory that outlives a process")
	}
	before := map[string]exec.State{}
	for _, id := range []string{reported, notified, progress, marked} {
		before[id] = stateOf(t, old, id)
	}
	old.Suspend()
	old.Abandon()
	m := newKeptManager(t, &holder{held: map[string]exec.Kept{}})
	t.Cleanup(func() {
		for _, k := range h.all() { // this process is still the parent, as the keeper would be
			var ws syscall.WaitStatus
			syscall.Kill(k.PID, syscall.SIGKILL)
			syscall.Wait4(k.PID, &ws, 0, nil)
			m.ProgramEnded(k.ID, exec.ExitStatus{Code: 137})
		}
		m.Close()
	})
	for _, err := range m.Adopt(h.all()) {
		t.Fatal(err)
	}
	for id, want := range before {
		wantState(t, m, id, want)
		if got := stateOf(t, m, id).Since; got.Sub(want.Since).Abs() > time.Microsecond {
			t.Errorf("%q began at %v, was %v", want.Name, got, want.Since)
		}
	}
	// A notification is answered there as well.
	m.Type(within(t), notified, exec.Input{Key: "y"})
	wantState(t, m, notified, exec.State{})
}
