package exec

import "time"

// Close cancels all active sessions and waits for their goroutines to finish.
// Every stream and attachment ends. It may be called twice. It returns also when
// a handler, an OutputSink or a Clock does not: what waits for those it leaves
// behind after closeWait. What a program printed at last is shown if that takes
// no longer than lastWords.
func (m *Manager) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.endSessions()
	if !waitFor(&m.supervisors, lastWords) {
		m.stopModels()
		waitFor(&m.supervisors, closeWait)
	}
	// Clients may take a moment to be told how their sessions ended.
	for _, a := range m.attachments() {
		select {
		case <-a.done:
			continue
		case <-time.After(lastWords):
		}
		break
	}
	m.endStreams()
	waitFor(&m.serving, closeWait)
	waitFor(&m.dropping, closeWait)
	waitFor(&m.storing.wg, closeWait)
	waitFor(&m.events.writing, closeWait)
}

// stopModels gives up the screens of all sessions: nobody waits for them any more.
func (m *Manager) stopModels() {
	for _, s := range m.begun() {
		s.screen.Stop()
	}
}

// attachments returns all that there are.
func (m *Manager) attachments() []*Attachment {
	var all []*Attachment
	for _, s := range m.begun() {
		s.mu.Lock()
		all = append(all, s.clients.all...)
		s.mu.Unlock()
	}
	return all
}
