package exec_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// programs is a manager whose sessions' programs end when a test says so.
type programs struct {
	t       *testing.T
	m       *exec.Manager
	clock   *exectest.Clock
	started chan chan error // the stop channel of each
	events  <-chan exec.Event
}

func newPrograms(t *testing.T) *programs {
	leaktest.Check(t)
	p := &programs{t: t, clock: exectest.NewClock(time.Unix(1000, 0)), started: make(chan chan error, 100)}
	cfg := fake()
	cfg.Clock = p.clock
	cfg.Handlers = map[string]exec.Handler{"test/program": {
		Plugin: "test", Resource: "program",
		TTYHandler: func(ctx *types.PluginContext, _ exec.SessionOptions, _ *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
			end := make(chan error, 1)
			p.started <- end
			go func() {
				select {
				case err := <-end:
					stop <- err
				case <-ctx.Ctx().Done():
					stop <- nil
				}
			}()
			return nil
		},
	}}
	p.m = exec.NewManager(cfg)
	events := make(chan exec.Event, 1000)
	seen, done := p.m.Watch(context.Background(), -1), make(chan struct{})
	go func() {
		defer close(done)
		for ev, err := range seen {
			if err == nil {
				events <- ev
			}
		}
	}()
	p.events = events
	t.Cleanup(func() {
		p.m.Close()
		<-done
	})
	return p
}

func (p *programs) create(on exec.OnExit) string {
	p.t.Helper()
	s, err := p.m.CreateSession(nil, exec.SessionOptions{
		Name: "one", ResourcePlugin: "test", ResourceKey: "program", TTY: true, OnExit: on, Labels: map[string]string{"a": "b"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return s.ID
}

// await waits for the next event of a kind.
func (p *programs) await(kind exec.EventKind) exec.Event {
	p.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case ev := <-p.events:
			if ev.Kind == kind {
				return ev
			}
		case <-late:
			p.t.Fatalf("no event %q", kind)
		}
	}
}

// awaitStart waits for the next start, and for the Manager to be done with it.
func (p *programs) awaitStart() {
	p.t.Helper()
	p.await(exec.EventCreated)
	p.clock.Advance(time.Second) // what the Manager waits for a handler
}

// end ends the program that was started last.
func (p *programs) end(err error) {
	p.t.Helper()
	select {
	case end := <-p.started:
		end <- err
	case <-time.After(time.Minute):
		p.t.Fatal("no program was started")
	}
	p.await(exec.EventEnded)
}

func failed(code int) error { return &exec.ExitError{Status: exec.ExitStatus{Code: code}} }

func TestForgetAtTheEnd(t *testing.T) {
	p := newPrograms(t)
	id := p.create(exec.OnExitForget)
	p.end(failed(3))
	p.await(exec.EventRemoved)
	if _, err := p.m.GetSession(nil, id); !errors.Is(err, exec.ErrSessionNotFound) {
		t.Errorf("the session is there: %v", err)
	}
}

// TestRespawn: a program that ends at once is started again ever more slowly, and
// in the end not any more; one that lived long is as new.
func TestRespawn(t *testing.T) {
	p := newPrograms(t)
	id := p.create(exec.OnExitRespawn)
	p.awaitStart()
	const most = 10
	for n := range most {
		p.end(failed(3))
		wait := min(100*time.Millisecond<<n, 10*time.Second)
		p.clock.WaitTimers(t, 1)
		p.clock.Advance(wait - time.Millisecond)
		select {
		case <-p.started:
			t.Fatalf("start %d came before %v", n+2, wait)
		default:
		}
		p.clock.Advance(time.Millisecond)
		p.awaitStart()
		if n == 5 { // a long life makes up for all before
			p.clock.Advance(time.Minute)
			p.end(nil)
			p.awaitStart() // at once
			for m := range 6 {
				p.end(failed(3))
				p.clock.WaitTimers(t, 1)
				p.clock.Advance(min(100*time.Millisecond<<m, 10*time.Second))
				p.awaitStart()
			}
		}
	}
	p.end(failed(3))
	late := time.After(time.Minute)
	for {
		s, err := p.m.GetSession(nil, id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Exit != nil && strings.Contains(s.Exit.Message, "it ended at once 11 times in a row") {
			break
		}
		select {
		case <-late:
			t.Fatalf("it ended with %+v", s.Exit)
		case <-time.After(time.Millisecond): // nothing tells
		}
	}
	if s, err := p.m.Respawn(nil, id); err != nil || s.Name != "one" || s.Labels["a"] != "b" {
		t.Errorf("started by hand: %+v, %v", s, err)
	}
}

// TestRespawnEnds: what somebody closes or forgets is not started again, and a
// manager that closes does not wait for what is to be started.
func TestRespawnEnds(t *testing.T) {
	p := newPrograms(t)
	id := p.create(exec.OnExitRespawn)
	if _, err := p.m.Kill(&types.PluginContext{Context: t.Context()}, id, exec.StreamSignalNone); err != nil {
		t.Fatal(err)
	}
	p.await(exec.EventEnded)
	<-p.started
	if err := p.m.Remove(nil, id); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(time.Hour)
	id = p.create(exec.OnExitRespawn)
	p.awaitStart()
	p.end(failed(1))
	p.clock.WaitTimers(t, 1)
	if err := p.m.Remove(nil, id); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(time.Hour)
	id = p.create(exec.OnExitRespawn)
	p.awaitStart()
	if started := len(p.started); started != 1 {
		t.Errorf("%d programs were started", started)
	}
	p.end(failed(1))
	p.clock.WaitTimers(t, 1)
	p.m.Close()
	if s, err := p.m.GetSession(nil, id); err != nil || s.Exit == nil {
		t.Errorf("behind the close: %+v, %v", s, err)
	}
}

func TestBadLifetime(t *testing.T) {
	p := newPrograms(t)
	for _, o := range []exec.SessionOptions{{TTL: -time.Second}, {OnExit: "explode"}} {
		o.ResourcePlugin, o.ResourceKey = "test", "program"
		if _, err := p.m.CreateSession(nil, o); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
