package hooks

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	osexec "os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/types"
)

// Sessions is what a Runner asks of a manager.
type Sessions interface {
	Watch(ctx context.Context, after int64, sessions ...string) iter.Seq2[exec.Event, error]
	GetSession(ctx *types.PluginContext, id string) (*exec.Session, error)
}

// Runner runs hooks.
type Runner struct {
	Sessions Sessions
	// Hooks returns those that are set now.
	Hooks func() []Hook
	// JSON is an event as a line of JSON.
	JSON func(exec.Event) []byte
	// Env is the environment that each gets, beside what tells of the event.
	Env []string
	Dir string // where each runs
	Log logging.Logger
	// Wait is how long hooks that run may go on when the manager ends; they are killed then.
	Wait time.Duration
}

const (
	// atOnce is how many hooks run at a time, and waiting how many more may be due.
	atOnce  = 4
	waiting = 64
	// burst is how often a hook may start in a row, and refill how long it takes
	// until it may once more. A hook that makes what it runs on would never end.
	burst  = 60
	refill = time.Second
)

// due is a hook that is to run.
type due struct {
	hook   Hook
	number int // of the hook in the settings, from 1
	event  exec.Event
}

// Start runs what is due on events from now on, until ctx ends or the manager does.
// wait returns when that is so and no hook runs any more.
func (r *Runner) Start(ctx context.Context) (wait func()) {
	events := r.Sessions.Watch(ctx, -1) // here, so that none is missed
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watch(events)
	}()
	return func() { <-done }
}

func (r *Runner) watch(events iter.Seq2[exec.Event, error]) {
	jobs := make(chan due, waiting)
	life, kill := context.WithCancel(context.Background())
	defer kill()
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for d := range jobs {
				r.run(life, d)
			}
		})
	}
	l := &limits{budgets: make(map[int]*budget)}
	k := newKnown(r.Sessions)
	for ev, err := range events {
		if err != nil {
			break
		}
		hooks := r.Hooks()
		if len(hooks) == 0 {
			continue
		}
		for _, ev := range k.ready(ev) {
			r.dispatch(hooks, ev, k.about(ev), l, jobs)
		}
		k.behind(ev)
	}
	close(jobs)
	defer time.AfterFunc(r.Wait, kill).Stop()
	workers.Wait()
}

// dispatch hands over what is due on an event of a session. It waits for no hook.
func (r *Runner) dispatch(hooks []Hook, ev exec.Event, s *exec.Session, l *limits, jobs chan<- due) {
	for i, h := range hooks {
		if !slices.Contains(h.On, ev.Kind) {
			continue
		}
		if !h.matches(ev, s) {
			continue
		}
		b := l.of(i)
		if !b.take(ev.Time) {
			b.leaveOut(r.Log, i+1, "it started too often")
			continue
		}
		select {
		case jobs <- due{h, i + 1, ev}:
			b.goOn(r.Log, i+1)
		default:
			b.leaveOut(r.Log, i+1, "too many hooks are waiting")
		}
	}
}

// run runs a hook to its end, its timeout or the end of life.
func (r *Runner) run(life context.Context, d due) {
	if life.Err() != nil {
		r.Log.Warn("a hook does not run because the server leaves", "hook", d.number, "event", d.event.Kind)
		return
	}
	timeout := d.hook.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(life, timeout)
	defer cancel()
	// A fork that waits for a disk would have the whole server wait.
	if err := child.Reach(ctx, r.Dir, d.hook.Run[0]); err != nil {
		r.Log.Warn("a hook does not run", "hook", d.number, "event", d.event.Kind, "error", err)
		return
	}
	cmd := osexec.CommandContext(ctx, d.hook.Run[0], d.hook.Run[1:]...)
	cmd.Dir = r.Dir
	cmd.Stdin = bytes.NewReader(r.JSON(d.event))
	cmd.Env = append(append(os.Environ(), r.Env...),
		"XSH_EVENT="+string(d.event.Kind), "XSH_TEXT="+Text(d.event),
		"XSH_SESSION="+d.event.Name, "XSH_SESSION_ID="+d.event.Session)
	// In a session of its own: what it started is killed with it, and it has no
	// terminal to ask on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case errors.Is(life.Err(), context.Canceled):
		r.Log.Warn("a hook was killed because the server leaves", "hook", d.number, "event", d.event.Kind)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		r.Log.Warn("a hook was killed because it took too long", "hook", d.number, "event", d.event.Kind, "timeout", timeout)
	case err != nil && !errors.Is(err, osexec.ErrWaitDelay):
		r.Log.Warn("a hook failed", "hook", d.number, "event", d.event.Kind, "program", d.hook.Run[0], "error", err)
	}
}
