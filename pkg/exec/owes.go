package exec

import (
	"context"
	"slices"
	"time"
)

// A client that leaves is told whether answers of its terminal are still on
// their way: the program has its answers from the model by then, and whoever
// reads the terminal next did not ask.

// owes reports whether the terminal of a client that was sent all that it will
// be has something to answer, and forgets what.
func (s *session) owes(requester string) bool {
	if s.screen == nil {
		return false
	}
	// The client may have been sent questions that the model just came upon.
	ctx, cancel := context.WithTimeout(s.m.streamsLife, leaveWait)
	defer cancel()
	s.screen.await(ctx, s.screen.position())
	s.mu.Lock()
	defer s.mu.Unlock()
	owes := slices.ContainsFunc(s.left, func(l leaver) bool {
		return l.requester == requester && l.asks != s.asks
	})
	s.due = slices.DeleteFunc(s.due, func(q dueQuery) bool {
		if q.of.requester != requester {
			return false
		}
		owes = owes || time.Since(q.at) < dueFor
		return q.of.ctx.Err() != nil || s.ended()
	})
	return owes
}
