package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// What is tested here a PluginClient cannot show: clocks, sinks, terminals and
// what lies behind a session.

func TestEndedSessionsAreBoundedInAge(t *testing.T) {
	leaktest.Check(t)
	start := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := exectest.NewClock(start)
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: testHandlers(), Clock: clock, TerminalFactory: new(exectest.Terminals).Open,
		Settings: settings.Map{exec.SettingEndedHours: 2},
	})
	defer m.Close()
	tty(t, m, "start", exec.SessionOptions{Name: "active"})
	for _, name := range []string{"old", "new"} {
		u := connect(t, m, "creator")
		s := create(t, m, "command", exec.SessionOptions{Name: name, Command: []string{"exit 0"}})
		if !s.CreatedAt.Equal(clock.Now()) {
			t.Errorf("created at %v", s.CreatedAt)
		}
		u.out.WaitClose(t, s.ID)
		u.hangUp()
		clock.Advance(time.Hour)
	}
	check := func(want ...string) {
		t.Helper()
		if all, err := m.ListAll(nil); err != nil || !slices.Equal(names(all), want) {
			t.Errorf("after %v: %q, %v, want %q", clock.Now().Sub(start), names(all), err, want)
		}
	}
	check("active", "old", "new")
	clock.Advance(time.Minute)
	check("active", "new")
	if _, err := m.GetSession(nil, "old"); !errors.Is(err, exec.ErrSessionNotFound) {
		t.Errorf("old: %v", err)
	}
	clock.Advance(time.Hour)
	check("active")
}

func TestNoEndedSessionsKept(t *testing.T) {
	leaktest.Check(t)
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: testHandlers(), TerminalFactory: new(exectest.Terminals).Open,
		Settings: settings.Map{exec.SettingEndedSessions: 0},
	})
	defer m.Close()
	u := connect(t, m, "u")
	for range 20 {
		s := tty(t, m, "start", exec.SessionOptions{})
		u.attach(s.ID, exec.AttachOptions{Resume: true})
		u.typ(s.ID, "lines 300")
		u.typ(s.ID, "exit 4")
		if out := u.out.WaitClose(t, s.ID); out.Exit.Code != 4 {
			t.Errorf("closed with %+v", out)
		}
		checkContiguous(t, u.out.Outputs(s.ID), 0)
	}
	poll(t, "nothing to be kept", func() bool {
		all, err := m.ListAll(nil)
		return err == nil && len(all) == 0
	})
}

// TestBlockingHandlerStartsByTheClock: the half second is the Manager's.
func TestBlockingHandlerStartsByTheClock(t *testing.T) {
	leaktest.Check(t)
	clock := exectest.NewClock(time.Now())
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), Clock: clock, TerminalFactory: new(exectest.Terminals).Open})
	created := make(chan *exec.Session, 1)
	go func() {
		s, _ := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "block", TTY: true, Name: "slow"})
		created <- s
	}()
	clock.WaitTimers(t, 1)
	if _, err := m.GetSession(nil, "slow"); !errors.Is(err, exec.ErrSessionNotFound) {
		t.Errorf("a session that has not started is there: %v", err)
	}
	_, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "start", TTY: true, Name: "slow"})
	checkError(t, err, exec.NewSessionExistsError("slow"))
	clock.Advance(500 * time.Millisecond)
	if s := <-created; s == nil || s.Name != "slow" {
		t.Errorf("created %+v", s)
	}
	m.Close()
}

func TestSink(t *testing.T) {
	leaktest.Check(t)
	sink := exectest.NewSink()
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), Sink: sink, TerminalFactory: new(exectest.Terminals).Open})
	defer m.Close()
	s := tty(t, m, "start", exec.SessionOptions{})
	if _, _, err := m.AttachSession(nil, s.ID); err != nil {
		t.Fatal(err)
	}
	in := make(chan exec.StreamInput)
	ctx := t.Context()
	out, err := m.Stream(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	streamed := exectest.Record(out)
	in <- exec.StreamInput{SessionID: s.ID, Data: []byte("say hello\nexit 6\n")}
	sink.WaitText(t, s.ID, "hello\n")
	if out := sink.WaitClose(t, s.ID); out.Exit.Code != 6 {
		t.Errorf("closed with %+v", out)
	}
	close(in)
	streamed.WaitEnd(t)
	for _, o := range streamed.Outputs("") {
		if len(o.Data) > 0 {
			t.Errorf("beside the sink, a stream carried %q", o.Data)
		}
	}
	closed := 0
	for _, o := range sink.Outputs(s.ID) {
		if closes(o) {
			closed++
		}
	}
	if closed != 1 {
		t.Errorf("the end was told %d times", closed)
	}
}

// TestSinkAttachedAtTheEnd attaches a sink while sessions end.
func TestSinkAttachedAtTheEnd(t *testing.T) {
	leaktest.Check(t)
	sink := exectest.NewSink()
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), Sink: sink, TerminalFactory: new(exectest.Terminals).Open})
	var ending sync.WaitGroup
	for i := range 100 {
		id := fmt.Sprint(i)
		tty(t, m, "start", exec.SessionOptions{ID: id})
		ending.Go(func() { m.CloseSession(nil, id) })
		ending.Go(func() { m.AttachSession(nil, id) })
	}
	ending.Wait()
	for i := range 100 {
		sink.WaitClose(t, fmt.Sprint(i))
	}
	m.Close()
}

func TestTerminalThatCannotOpenOrResize(t *testing.T) {
	leaktest.Check(t)
	var terminals exectest.Terminals
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), TerminalFactory: terminals.Open})
	defer m.Close()
	s := tty(t, m, "start", exec.SessionOptions{ID: "s"})
	u := connect(t, m, "u")
	terminals.Made()[0].FailResize(errors.New("no resizing today"))
	checkError(t, m.ResizeSession(nil, s.ID, 10, 10), terminalError("s", "no resizing today"))
	_, err := m.Attach(u.ctx, s.ID, exec.AttachOptions{Size: size(11, 11)})
	checkError(t, err, terminalError("s", "no resizing today"))
	if got := u.session("s"); got.Attached || got.Size != s.Size {
		t.Errorf("after a failed attach: %+v", got)
	}
	terminals.FailOpen(errors.New("no pty left"))
	_, err = m.CreateSession(nil, exec.SessionOptions{ID: "x", ResourcePlugin: "test", ResourceKey: "start", TTY: true})
	checkError(t, err, terminalError("x", "no pty left"))
	terminals.FailOpen(nil)
	tty(t, m, "start", exec.SessionOptions{ID: "x"}) // the ID is free again
}

// TestProgramThatReadsNothing: what is typed to it is bounded, holds up nobody
// else, and goes with the session.
func TestProgramThatReadsNothing(t *testing.T) {
	leaktest.Check(t)
	m := exec.NewManager(exec.ManagerConfig{
		TerminalFactory: new(exectest.Terminals).Open,
		Handlers: map[string]exec.Handler{"/deaf": {
			TTYHandler: func(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
				go func() { <-ctx.Ctx().Done(); stop <- nil }()
				return nil
			},
		}, "test/start": testHandlers()["test/start"]},
	})
	defer m.Close()
	if _, err := m.CreateSession(nil, exec.SessionOptions{ID: "deaf", ResourceKey: "deaf", TTY: true}); err != nil {
		t.Fatal(err)
	}
	tty(t, m, "start", exec.SessionOptions{ID: "good"})
	typist, other := connect(t, m, "typist"), connect(t, m, "other")
	// Much more than all buffers together; the stream then waits.
	typing := make(chan struct{})
	go func() {
		defer close(typing)
		data := bytes.Repeat([]byte("x"), 64<<10)
		for range 200 {
			select {
			case typist.in <- exec.StreamInput{SessionID: "deaf", Data: data}:
			case <-t.Context().Done():
				return
			}
		}
	}()
	other.attachPlain("good")
	other.echo("good", "not bothered")
	if _, err := m.Kill(nil, "deaf", exec.StreamSignalNone); err != nil {
		t.Errorf("kill: %v", err)
	}
	<-typing // it goes nowhere now, without waiting
	typist.attachPlain("good")
	typist.echo("good", "typing again")
}
