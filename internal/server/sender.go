package server

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// sender writes frames to a connection, whole and in order. A write that must
// not wait is done at once or not at all; what the connection does not take of a
// frame that was begun, a goroutine writes behind it.
type sender struct {
	conn wire
	// now writes what the connection takes without waiting; nil for a
	// connection that knows no such writes.
	now func([]byte) (int, error)

	// turn holds a value while somebody writes, which may take as long as the
	// peer likes. Whoever put it there may use the fields below.
	turn chan struct{}
	rest []byte // of a frame that was begun; it goes first
	fail error

	owed atomic.Pointer[[]byte] // goes behind what is being written; see soon
}

func newSender(c wire) *sender {
	s := &sender{conn: c, turn: make(chan struct{}, 1)}
	if f, ok := c.(*settledConn); ok {
		s.now = f.TryWrite
	}
	return s
}

// begin takes the turn if it is free.
func (s *sender) begin() bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

// end gives up the turn, and takes it again for what came meanwhile.
func (s *sender) end() {
	<-s.turn
	if s.owed.Load() == nil || !s.begin() {
		return
	}
	if frame := s.owed.Swap(nil); frame != nil {
		s.tryInTurn(*frame)
	} else {
		s.end()
	}
}

// soon is try, but a frame that finds somebody writing goes behind that. A peer that
// does not take what it is sent does not get it, and of several only the last.
func (s *sender) soon(frame []byte) {
	s.owed.Store(&frame)
	if s.begin() { // else whoever writes looks once more
		s.end()
	}
}

// write writes frames, waiting for other writers and for the peer until ctx
// ends. Frames that were begun by then count as written: what is left of them
// goes before what is written next. Of others nothing was sent when write fails.
func (s *sender) write(ctx context.Context, frames []byte) error {
	if !s.begin() {
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer s.end()
	if s.fail != nil {
		return s.fail
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	n, err := s.atOnce(frames)
	if err != nil || n == len(frames) {
		return err
	}
	if n == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	s.rest = frames[n:]
	err = s.flush(ctx)
	switch {
	case s.fail != nil || err == nil:
		return err
	case len(s.rest) == len(frames):
		s.rest = nil
		return err
	default: // the memory is the caller's
		s.rest = append([]byte(nil), s.rest...)
		return nil
	}
}

// flush writes what is left until ctx ends. The caller has the turn.
func (s *sender) flush(ctx context.Context) error {
	if len(s.rest) == 0 {
		return nil
	}
	if ctx.Done() != nil {
		interrupted := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			s.conn.SetWriteDeadline(time.Unix(1, 0))
			close(interrupted)
		})
		defer func() {
			if !stop() {
				<-interrupted // else the deadline would come behind this
				s.conn.SetWriteDeadline(time.Time{})
			}
		}()
	}
	n, err := s.conn.Write(s.rest)
	if s.rest = s.rest[n:]; len(s.rest) == 0 {
		s.rest = nil
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		s.fail = err
	}
	return err
}

// try writes a frame if nobody else writes and the connection takes some of it
// at once. It never waits, neither for the peer nor for another writer.
func (s *sender) try(frame []byte) bool {
	return s.now != nil && s.begin() && s.tryInTurn(frame)
}

// tryInTurn is try for a caller that has the turn, and gives that up.
func (s *sender) tryInTurn(frame []byte) bool {
	if s.fail != nil || len(s.rest) > 0 {
		s.end()
		return false
	}
	n, err := s.atOnce(frame)
	if err != nil || n == 0 || n == len(frame) {
		s.end()
		return err == nil && n > 0
	}
	s.rest = append([]byte(nil), frame[n:]...)
	go func() { // ends when the peer has taken the rest, or the connection is closed
		defer s.end()
		s.flush(context.Background())
	}()
	return true
}

// atOnce writes what the connection takes without waiting. The caller has the
// turn, so that the descriptor's own lock is free.
func (s *sender) atOnce(p []byte) (n int, err error) {
	if s.now == nil {
		return 0, nil
	}
	n, err = s.now(p)
	if err != nil {
		s.fail = err
	}
	return n, err
}
