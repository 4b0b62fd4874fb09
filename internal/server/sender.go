package server

import (
	"context"
	"sync"
	"time"
)

// sender writes frames to a connection, whole and in order. A write that must
// not wait is done at once or not at all; what the connection does not take of a
// frame that was begun, a goroutine writes behind it.
type sender struct {
	conn wire
	now  func([]byte) (int, error) // writes what the connection takes without waiting; nil if it knows no such write

	mu   sync.Mutex // held while somebody writes, which may take as long as the peer likes
	rest []byte     // of a frame that was begun; it goes first
	fail error
}

func newSender(c wire) *sender {
	s := &sender{conn: c}
	if f, ok := c.(*settledConn); ok {
		s.now = f.TryWrite
	}
	return s
}

// write writes frames, waiting for the peer until ctx ends. What is then left
// of a frame that was begun goes before what is written next.
func (s *sender) write(ctx context.Context, frames []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if len(s.rest) == 0 && s.now != nil {
		n, err := s.now(frames)
		if err != nil {
			s.fail = err
			return err
		}
		if frames = frames[n:]; len(frames) == 0 {
			return nil
		}
		if n == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	s.rest = append(s.rest, frames...)
	return s.flush(ctx)
}

// flush writes what is left. The caller holds mu.
func (s *sender) flush(ctx context.Context) error {
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { s.conn.SetWriteDeadline(time.Unix(1, 0)) })
		defer func() {
			if !stop() {
				s.conn.SetWriteDeadline(time.Time{})
			}
		}()
	}
	n, err := s.conn.Write(s.rest)
	s.rest = s.rest[n:]
	if len(s.rest) == 0 {
		s.rest = nil
	}
	if err != nil && ctx.Err() == nil {
		s.fail = err
	}
	return err
}

// try writes a frame if nobody else writes and the connection takes some of it
// at once. It never waits, neither for the peer nor for another writer.
func (s *sender) try(frame []byte) bool {
	if s.now == nil || !s.mu.TryLock() {
		return false
	}
	if s.fail != nil || len(s.rest) > 0 {
		s.mu.Unlock()
		return false
	}
	n, err := s.now(frame)
	if err != nil || n == 0 {
		s.fail = err
		s.mu.Unlock()
		return false
	}
	if n == len(frame) {
		s.mu.Unlock()
		return true
	}
	s.rest = append([]byte(nil), frame[n:]...)
	go func() { // ends when the peer has taken the rest, or the connection is closed
		defer s.mu.Unlock()
		s.flush(context.Background())
	}()
	return true
}
