package exec

import (
	"fmt"
	"maps"

	"github.com/xsh-project/xsh/pkg/types"
)

// Changer changes what sessions are called, and what is kept of them. Manager and
// PluginClient are Changers. Each method returns the session as it is then, and
// ErrSessionNotFound if there is none.
type Changer interface {
	// Rename gives a session another name. It returns ErrSessionExists if an
	// active session has that name, and ErrTerminalError for a name that no
	// session can have.
	Rename(ctx *types.PluginContext, sessionID, name string) (*Session, error)
	// Label sets labels and removes others. It returns ErrTerminalError if the
	// session would have too many, or too long ones; then it changes nothing.
	Label(ctx *types.PluginContext, sessionID string, set map[string]string, remove []string) (*Session, error)
	// ClearHistory forgets the lines that left the screen.
	ClearHistory(ctx *types.PluginContext, sessionID string) (*Session, error)
	// Respawn starts the command of an ended session again, as it was created, or
	// what RestartWith said in its place: the new session takes the place, the ID, the name, the labels and the size of
	// the old one, whose output is forgotten. For an active one it returns
	// ErrSessionExists, else the errors of CreateSession.
	Respawn(ctx *types.PluginContext, sessionID string) (*Session, error)
}

// Rename implements Changer.
func (m *Manager) Rename(_ *types.PluginContext, sessionID, name string) (*Session, error) {
	if err := CheckName(name); err != nil {
		return nil, NewTerminalError("", err)
	}
	s, before, err := m.rename(sessionID, name)
	if err != nil {
		return nil, err
	}
	if before != name {
		s.save()
		s.storeLater()
		m.events.add(Event{Kind: EventRenamed, Session: s.id, Name: name, Before: before})
	}
	return s.snapshot(), nil
}

func (m *Manager) rename(ref, name string) (s *session, before string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s = m.find(ref)
	if s == nil || !s.started {
		return nil, "", NewSessionNotFoundError(ref)
	}
	if other := m.find(name); other != nil && other != s && !other.ended() {
		return nil, "", NewSessionExistsError(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.info.Name = s.info.Name, name
	s.told.mu.Lock()
	s.told.name = name
	s.told.mu.Unlock()
	return s, before, nil
}

// Bounds of what can be put on a session. What a label may be beyond that is the
// business of whoever selects by labels.
const (
	maxLabels    = 64
	maxLabelText = 512
)

// Label implements Changer.
func (m *Manager) Label(_ *types.PluginContext, sessionID string, set map[string]string, remove []string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	if err := checkTexts(s.id, "label", set); err != nil {
		return nil, err
	}
	for k, v := range set {
		if k == "" || len(k) > maxLabelText || len(v) > maxLabelText {
			return nil, NewTerminalError(s.id, fmt.Errorf("label %.40q: a key has 1-%d bytes, a value at most as many", k, maxLabelText))
		}
	}
	s.mu.Lock()
	labels := maps.Clone(s.info.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	for _, k := range remove {
		delete(labels, k)
	}
	maps.Copy(labels, set)
	many, same := len(labels) > maxLabels, maps.Equal(labels, s.info.Labels)
	if !many {
		s.info.Labels = labels
	}
	name := s.info.Name
	s.mu.Unlock()
	switch {
	case many:
		return nil, NewTerminalError(s.id, fmt.Errorf("a session has at most %d labels", maxLabels))
	case !same:
		s.save()
		s.storeLater()
		m.events.add(Event{Kind: EventLabelled, Session: s.id, Name: name, Labels: labels})
	}
	return s.snapshot(), nil
}

// ClearHistory implements Changer.
func (m *Manager) ClearHistory(_ *types.PluginContext, sessionID string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	if s.screen == nil {
		return nil, NewTerminalError(s.id, errNoScreen)
	}
	s.screen.ClearHistory()
	s.screen.StoreNow() // or the next server would have it still
	return s.snapshot(), nil
}

// Respawn implements Changer.
func (m *Manager) Respawn(pluginctx *types.PluginContext, sessionID string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	if !s.ended() {
		e := NewSessionExistsError(sessionID)
		e.Message = fmt.Sprintf("session %q is active", sessionID)
		return nil, e
	}
	again, err := m.respawn(pluginctx, s, 0)
	if err != nil {
		return nil, err
	}
	return again.snapshot(), nil
}
