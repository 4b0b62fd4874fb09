package exec

import (
	"errors"
	"fmt"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// A program that ends before longEnough has ended at once. It is started again
// after a time that doubles from firstWait up to lastWait, maxQuickEnds times.
const (
	longEnough   = 10 * time.Second
	firstWait    = 100 * time.Millisecond
	lastWait     = 10 * time.Second
	maxQuickEnds = 10
)

// endsInRow is how many programs in a row ended at once, the session's included.
func (s *session) endsInRow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info.EndedAt.Sub(s.info.CreatedAt) >= longEnough {
		return 0
	}
	return s.quickEnds + 1
}

// afterEnd does with the ended session what was asked for. It is called by a
// goroutine that the manager counts, and may wait.
func (s *session) afterEnd() {
	if s.info.OnExit == OnExitForget {
		if err := s.m.Remove(nil, s.id); err != nil && !errors.Is(err, ErrSessionNotFound) {
			s.m.log.Warn("an ended session is not forgotten", "session", s.id, "error", err)
		}
		return
	}
	if !s.dueAgain() {
		return
	}
	err := s.startAgain()
	if err == nil || errors.Is(err, ErrSessionNotFound) || errors.Is(err, ErrSessionClosed) {
		return // started, forgotten by somebody, or left to another server
	}
	s.m.log.Warn("a session is not started again", "session", s.id, "error", err)
	s.mu.Lock()
	s.respawnDue = false
	exit := *s.info.Exit
	exit.Message = "not started again: " + err.Error()
	s.info.Exit = &exit
	s.mu.Unlock()
	s.save()
}

// startAgain starts the program again, after a while.
func (s *session) startAgain() error {
	quick := s.endsInRow()
	if quick > maxQuickEnds {
		return fmt.Errorf("it ended at once %d times in a row", quick)
	}
	if quick > 0 {
		select {
		case <-s.m.clock.After(min(firstWait<<(quick-1), lastWait)):
		case <-s.m.sessionsLife.Done():
			return errManagerClosed()
		case <-s.m.streamsLife.Done():
			return errManagerClosed()
		}
	}
	_, err := s.m.respawn(&types.PluginContext{}, s, quick)
	return err
}

// respawn starts the command of an ended session in its place, unless somebody has
// forgotten it meanwhile. quickEnds is how many programs before ended at once.
func (m *Manager) respawn(pluginctx *types.PluginContext, s *session, quickEnds int) (*session, error) {
	if s.opts.ResourceKey == "" && s.opts.ResourcePlugin == "" {
		return nil, NewTerminalError(s.id, errors.New("what the session was created with is not known any more"))
	}
	now, opts := s.snapshot(), s.opts
	opts.ID, opts.Name, opts.NameHint = now.ID, now.Name, ""
	opts.Labels, opts.Size, opts.SizePolicy, opts.Persist = now.Labels, now.Size, now.SizePolicy, now.Persist
	now.restartInto(&opts)
	return m.create(pluginctx, opts, nil, "", predecessor{s, quickEnds})
}
