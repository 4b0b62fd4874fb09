package exec

import (
	"errors"
	"time"
)

const (
	// storeWait is how long the beginning of a session waits until it is stored,
	// and endStoreWait how long its end waits until that is forgotten. A disk that
	// hangs holds up nobody for longer.
	storeWait    = 2 * time.Second
	endStoreWait = 250 * time.Millisecond
)

// storeSoon waits, but not for long, until the session is stored.
func (s *session) storeSoon(most time.Duration) {
	if s.persists() == PersistNothing {
		return
	}
	stored := make(chan struct{})
	s.m.storing.later(s, stored)
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-stored:
	case <-t.C:
		s.failStored(errors.New("the disk does not answer"))
	}
}

// failStored notes why the session is not stored, or that it is, and logs the first
// word of it.
func (s *session) failStored(err error) {
	if s.stored.fail(err) && err != nil {
		s.m.log.Warn("a session is not kept for a restore", "session", s.id, "error", err)
	}
}

// endStored has what is on disk forgotten: the session has ended. It waits for that
// a moment, so that what somebody has ended is not restored, whatever happens next.
func (s *session) endStored(onPurpose bool) {
	s.stored.mu.Lock()
	s.stored.over, s.stored.onPurpose = true, onPurpose
	s.stored.mu.Unlock()
	s.storeSoon(endStoreWait)
}
