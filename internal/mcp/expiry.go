package mcp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// expiry ends the agent's sessions when their time is over, and those that are left
// when the agent has gone. Without a TTL it does nothing.
type expiry struct {
	s *server

	mu     sync.Mutex // guards the fields below
	over   bool
	timers []*time.Timer
	ending sync.WaitGroup
}

// endWait bounds how long sessions take to end.
const endWait = 10 * time.Second

// resume takes care of sessions that the agent made when it was here before.
func (e *expiry) resume(ctx context.Context) error {
	if e.s.TTL == 0 {
		return nil
	}
	err := e.s.With(ctx, false, func(sessions Sessions) error {
		all, err := e.s.all(ctx, sessions)
		for _, session := range all {
			if e.s.own(session) && session.Exit == nil {
				e.add(session)
			}
		}
		return err
	})
	if errors.Is(err, ErrNoSessions) {
		return nil
	}
	return err
}

// add has a session end in time.
func (e *expiry) add(session *exec.Session) {
	if e.s.TTL == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	id := session.ID
	left := max(0, time.Until(session.CreatedAt.Add(e.s.TTL)))
	e.timers = append(e.timers, time.AfterFunc(left, func() {
		e.mu.Lock()
		over := e.over
		if !over {
			e.ending.Add(1)
		}
		e.mu.Unlock()
		if !over {
			defer e.ending.Done()
			e.kill(func(s *exec.Session) bool { return s.ID == id })
		}
	}))
}

// end ends the sessions that are left.
func (e *expiry) end() {
	if e.s.TTL == 0 {
		return
	}
	e.mu.Lock()
	e.over = true
	for _, t := range e.timers {
		t.Stop()
	}
	e.mu.Unlock()
	e.ending.Wait()
	e.kill(func(*exec.Session) bool { return true })
}

// kill ends those of the agent's own sessions that are meant.
func (e *expiry) kill(meant func(*exec.Session) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), endWait)
	defer cancel()
	e.s.With(ctx, false, func(sessions Sessions) error {
		all, err := e.s.all(ctx, sessions)
		if err != nil {
			return err
		}
		var killing sync.WaitGroup
		for _, session := range all {
			if e.s.own(session) && session.Exit == nil && meant(session) {
				killing.Go(func() { sessions.Kill(request(ctx), session.ID, exec.StreamSignalNone) })
			}
		}
		killing.Wait()
		return nil
	})
}
