package exec

import (
	"context"
	"time"
)

// use makes a the leader: its client attached or typed last. The caller holds
// session.mu.
func (s *session) use(a *attachment) {
	s.uses++
	a.lastUsed = s.uses
	s.leader = a
}

// typed takes input from a client: it becomes the leader, unless it watches.
func (s *session) typed(ctx context.Context, requester string, data []byte) {
	if s.input == nil || len(data) == 0 {
		return
	}
	s.mu.Lock()
	a := s.attachmentOf(requester)
	s.mu.Unlock()
	if a == nil {
		s.input.write(ctx, s.siftLate(requester, data))
		return
	}
	a.typing.Lock() // until it is written: what was held comes behind it
	defer a.typing.Unlock()
	data, keys := a.sift(ctx, data)
	if a.readOnly { // only the answers of its terminal matter: they are no longer due
		return
	}
	if keys { // an answer is nobody's choice
		s.lead(ctx, a)
	}
	s.input.write(ctx, data)
}

// sizeFirst is how long a program has to take note of a new leader's size
// before it gets what was typed. less forgets a key that it reads at the moment
// when it is told of a size.
const sizeFirst = 50 * time.Millisecond

// lead makes a the leader, whose size is the session's. It returns when what
// the client typed may follow.
func (s *session) lead(ctx context.Context, a *attachment) {
	s.mu.Lock()
	led, sizes := s.leader == a, s.sizes
	if a.ctx.Err() == nil {
		s.use(a)
	}
	s.mu.Unlock()
	if led {
		return
	}
	s.settle()
	s.mu.Lock()
	resized := s.sizes != sizes
	s.mu.Unlock()
	if resized {
		select {
		case <-time.After(sizeFirst):
		case <-ctx.Done():
		}
	}
}

// settle gives the terminal the size of a new leader.
func (s *session) settle() {
	if err := s.followLeader(); err != nil {
		s.m.log.Warn("resize for a new leader", "session", s.id, "error", err)
	}
}
