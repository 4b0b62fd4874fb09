package exec

import (
	"slices"

	"github.com/xsh-project/xsh/pkg/types"
)

// session returns the session known as ref, or ErrSessionNotFound.
func (m *Manager) session(ref string) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(ref)
	if s == nil || !s.started {
		return nil, NewSessionNotFoundError(ref)
	}
	return s, nil
}

// active is session for a call that makes no sense once the program has
// ended; then it returns ErrSessionClosed.
func (m *Manager) active(ref string) (*session, error) {
	s, err := m.session(ref)
	if err != nil {
		return nil, err
	}
	if s.ended() {
		return nil, NewSessionClosedError(ref)
	}
	return s, nil
}

// find returns the active session with this ID or, failing that, this name,
// else the ended one with this ID, else the newest with this name; nil if
// there is none. The caller holds mu.
func (m *Manager) find(ref string) *session {
	found := m.sessions[ref]
	if found != nil && !found.ended() {
		return found
	}
	for _, s := range slices.Backward(m.order) {
		if s.name() != ref {
			continue
		}
		if !s.ended() {
			return s
		}
		if found == nil {
			found = s
		}
	}
	return found
}

// taken reports whether an active session is known as ref. The caller holds mu.
func (m *Manager) taken(ref string) bool {
	s := m.find(ref)
	return s != nil && !s.ended()
}

// inUse returns the IDs and names of the active sessions. The caller holds mu.
func (m *Manager) inUse() map[string]bool {
	all := make(map[string]bool, 2*len(m.order))
	for _, s := range m.order {
		if !s.ended() {
			all[s.id], all[s.name()] = true, true
		}
	}
	return all
}

// drop makes the manager forget s.
func (m *Manager) drop(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(s)
}

// forget is drop for a caller that holds mu. A client that is still reading
// what the session left reads it to its end.
func (m *Manager) forget(s *session) {
	if m.sessions[s.id] == s {
		delete(m.sessions, s.id)
	}
	m.order = slices.DeleteFunc(m.order, func(o *session) bool { return o == s })
	m.requesters.forget(s)
	s.screen.Forget()
	if s.kept != nil && s.started { // before that the keeper has not heard of it
		m.dropping.Go(s.forgetKept) // may wait for the keeper, which mu must not
	}
}

// prune forgets the ended sessions that are too many or too old. The caller
// holds mu.
func (m *Manager) prune(policy endedPolicy) {
	var ended []*session
	for _, s := range m.order {
		if s.ended() && !s.dueAgain() {
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

// GetSession returns a session by ID. An ended one is found until it is
// removed; its Exit is set.
func (m *Manager) GetSession(_ *types.PluginContext, sessionID string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	return s.snapshot(), nil
}

// ListSessions returns a list of details for all active sessions, oldest
// first.
func (m *Manager) ListSessions(_ *types.PluginContext) ([]*Session, error) {
	return m.list(func(s *session) bool { return !s.ended() }), nil
}

// ListAll returns every session, also the ended ones that are kept, in the
// order in which they were created.
func (m *Manager) ListAll(_ *types.PluginContext) ([]*Session, error) {
	return m.list(func(*session) bool { return true }), nil
}

func (m *Manager) list(want func(*session) bool) []*Session {
	policy := newEndedPolicy(m.settings)
	m.mu.Lock()
	m.prune(policy)
	m.mu.Unlock()
	list := []*Session{}
	for _, s := range m.begun() {
		if want(s) {
			v := s.snapshot()
			v.Command, v.RestartWith = briefCommand(v.Command), briefCommand(v.RestartWith)
			list = append(list, v)
		}
	}
	return list
}

// CloseSession cancels the session's context, triggering cleanup. It does not
// wait for the program's end. It returns ErrSessionClosed for a session that
// has ended.
func (m *Manager) CloseSession(_ *types.PluginContext, sessionID string) error {
	s, err := m.active(sessionID)
	if err != nil {
		return err
	}
	s.cancel()
	return nil
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
		if seen && s.ended() && !s.dueAgain() {
			m.forget(s)
		}
	}
}
