package exec

import "github.com/xsh-project/xsh/internal/vt"

// SizeFirst is sizeFirst.
const SizeFirst = sizeFirst

// FailureOutput is failureOutput.
var FailureOutput = failureOutput

// Screen returns what the screen model of a session holds, and the offset of
// the output that it has taken in.
func (m *Manager) Screen(ref string) (*vt.Snapshot, int64) {
	s, err := m.session(ref)
	if err != nil {
		return nil, 0
	}
	return s.screen.Snapshot()
}

// Drawn reports whether the requester's attachment is drawn frames.
func (m *Manager) Drawn(ref, who string) bool {
	s, err := m.session(ref)
	if err != nil {
		return false
	}
	all := m.attachmentsOf(requester{id: who}, s)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(all) > 0 && all[0].client.drawn
}

// WatchScreen returns a channel that receives when the session's model has changed,
// and how to end that.
func (m *Manager) WatchScreen(ref string) (changed chan struct{}, end func()) {
	s, err := m.session(ref)
	if err != nil {
		return nil, func() {}
	}
	return s.screen.Watch()
}

// Typed puts input into the session as from somebody who is not attached.
func (m *Manager) Typed(ref string, data []byte) error {
	s, err := m.session(ref)
	if err == nil {
		s.typeUnattached(s.ctx, data)
	}
	return err
}

// BreakModel has a session's model fail as one does that panics.
func (m *Manager) BreakModel(ref string) {
	if s, err := m.session(ref); err == nil {
		s.screen.Break()
	}
}

// LooksByRules reports whether a session is looked at by rules, now or soon.
func (m *Manager) LooksByRules(id string) bool {
	s, err := m.session(id)
	return err == nil && s.ruled.armed.Load()
}
