package exec

import (
	"errors"
	"os"
)

// sizeFor gives the terminal the size of a client that is about to lead.
func (s *session) sizeFor(size Size) error {
	s.sizing.Lock()
	defer s.sizing.Unlock()
	return s.resizeTerminal(size, nil)
}

// followLeader gives the terminal the leader's size.
func (s *session) followLeader() error {
	s.sizing.Lock()
	defer s.sizing.Unlock()
	s.mu.Lock()
	var size Size
	if s.leader != nil {
		size = s.leader.size
	}
	same := size == s.info.Size
	s.mu.Unlock()
	if same || !size.Valid() {
		return nil
	}
	return s.resizeTerminal(size, nil)
}

// resize takes a new size from a client. It counts when the client leads, when
// nobody does, and when it comes from somebody who is not attached.
func (s *session) resize(requester string, size Size) error {
	if s.term == nil {
		return NewTerminalError(s.id, errors.New("session has no terminal to resize"))
	}
	s.sizing.Lock()
	defer s.sizing.Unlock()
	s.mu.Lock()
	a := s.attachmentOf(requester)
	counts := a == nil || !a.readOnly && (s.leader == nil || s.leader == a)
	if !counts {
		a.size = size
		offer(a.resize)
	}
	s.mu.Unlock()
	if !counts {
		return nil
	}
	return s.resizeTerminal(size, a)
}

// resizeTerminal gives the terminal a size; if it is that of an attachment,
// both change at once, so that no frame is drawn in between. It is called with
// sizing held.
func (s *session) resizeTerminal(size Size, of *attachment) error {
	if s.term == nil || s.ended() {
		return nil
	}
	before := s.setSize(size, of) // before the program can answer to it
	if s.handler.HandlesResize {
		// One sender, the newest size wins: this never waits for a handler.
		select {
		case <-s.resizes:
		default:
		}
		s.resizes <- SessionResizeInput{Rows: int32(size.Rows), Cols: int32(size.Cols)}
		return nil
	}
	err := s.term.Resize(uint16(size.Rows), uint16(size.Cols))
	if err == nil || errors.Is(err, os.ErrClosed) { // the program has just ended
		return nil
	}
	s.setSize(before, nil)
	return NewTerminalError(s.id, err)
}

// setSize has what the program writes from now on count as made for a size,
// and returns the one before.
func (s *session) setSize(size Size, of *attachment) (before Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.info.Size
	if size != before {
		s.screen.resize(size)
		s.sizes++
	}
	s.info.Size = size
	if of != nil {
		of.size = size
	}
	for _, a := range s.attachments {
		offer(a.resize)
	}
	return before
}
