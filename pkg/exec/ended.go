package exec

import (
	"slices"
	"time"

	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// endedPolicy bounds the ended sessions that are kept.
type endedPolicy struct {
	most int
	age  time.Duration
}

func newEndedPolicy(p settings.Provider) endedPolicy {
	return endedPolicy{
		most: settings.Int(p, SettingEndedSessions, defaultEndedSessions),
		age:  time.Duration(settings.Int(p, SettingEndedHours, defaultEndedHours)) * time.Hour,
	}
}

// prune forgets the ended sessions that are too many or too old. The caller
// holds mu.
func (m *Manager) prune(policy endedPolicy) {
	var ended []*session
	for _, s := range m.order {
		if s.ended() {
			ended = append(ended, s)
		}
	}
	oldest := m.clock.Now().Add(-policy.age)
	for i, s := range ended {
		s.mu.Lock()
		at := s.info.EndedAt
		s.mu.Unlock()
		if len(ended)-i > policy.most || at.Before(oldest) {
			m.forget(s)
			m.events.add(Event{Kind: EventRemoved, Session: s.id, Name: s.name()})
		}
	}
}

// ForgetSeen forgets the ended sessions of whose end a client was told: what a
// Manager need not leave to its keeper when nobody needs the Manager.
func (m *Manager) ForgetSeen() {
	defer waitFor(&m.dropping, closeWait) // behind the lock
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range slices.Clone(m.order) {
		s.mu.Lock()
		seen := s.endTold
		s.mu.Unlock()
		if seen && s.ended() {
			m.forget(s)
		}
	}
}

// ListAll returns every session, also the ended ones that are kept, in the
// order in which they were created.
func (m *Manager) ListAll(_ *types.PluginContext) ([]*Session, error) {
	return m.list(func(*session) bool { return true }), nil
}

// Remove forgets an ended session. For an active one it returns
// ErrSessionExists.
func (m *Manager) Remove(_ *types.PluginContext, sessionID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(sessionID)
	switch {
	case s == nil:
		return NewSessionNotFoundError(sessionID)
	case !s.ended():
		return &ExecSessionError{
			Code:      ErrCodeSessionExists,
			SessionID: s.id,
			Message:   "session \"" + sessionID + "\" is active",
		}
	}
	m.forget(s)
	m.events.add(Event{Kind: EventRemoved, Session: s.id, Name: s.name()})
	return nil
}

// Kill sends signal to the session's program. StreamSignalNone closes the
// session and waits until it has ended or pluginctx ends. It returns the
// session as it is then, ErrSessionClosed for one that had ended before, and
// ErrTerminalError if the handler cannot send the signal or it is none of ours.
func (m *Manager) Kill(pluginctx *types.PluginContext, sessionID string, signal StreamSignal) (*Session, error) {
	if err := checkSignal(sessionID, signal); err != nil {
		return nil, err
	}
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	if signal != StreamSignalNone { // also one that is no signal, which s.signal refuses
		return s.signal(pluginctx, signal)
	}
	s.cancel()
	select {
	case <-s.done:
		return s.snapshot(), nil
	case <-pluginctx.Ctx().Done():
		return nil, pluginctx.Ctx().Err()
	}
}

func (s *session) signal(pluginctx *types.PluginContext, signal StreamSignal) (*Session, error) {
	switch {
	case s.handler.Signal == nil:
		return nil, NewTerminalError(s.id, errNoSignals)
	case signal <= StreamSignalNone || int(signal) >= len(signalNames):
		return nil, NewTerminalError(s.id, errUnknownSignal)
	}
	if err := s.handler.Signal(pluginctx, s.id, signal); err != nil {
		return nil, handlerError(s.id, err)
	}
	return s.snapshot(), nil
}
