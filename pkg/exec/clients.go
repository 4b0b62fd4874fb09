package exec

import (
	"context"
	"slices"
)

// attach registers a new attachment in place of the one that its client had.
// It goes on at the offset it returns, behind what draw returns. The caller
// holds Manager.mu.
func (s *session) attach(a *attachment, o AttachOptions) (draw func() []byte, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.attachments, a.replaces); i >= 0 {
		a.after = s.attachments[i]
		s.remove(a.after)
	}
	s.bound(a)
	draw = func() []byte { return nil }
	switch {
	case o.Resume && s.log.holds(o.ResumeOffset):
		offset = o.ResumeOffset
	case o.Replay == ReplayScreen && s.differs(a):
		_, offset = s.log.offsets() // the first frame shows it all
		a.fresh, a.drawn = true, true
	default:
		first := o.ScreenFirst && a.size == s.info.Size
		d := s.replay(o.Replay, a.replayOptions(o.History), first)
		draw, offset, a.rest = d.first, d.offset, d.rest
		if o.Replay == ReplayScreen {
			a.drawnAt = s.m.clock.Now()
		}
	}
	a.log = s.log.reader(offset)
	a.hearsFrom = offset
	if s.screen != nil {
		a.hearsFrom = max(offset, s.screen.position())
	}
	a.sized, a.sizes = a.size, s.sizes
	s.attachments = append(s.attachments, a)
	s.info.AttachedAt = s.m.clock.Now()
	if !a.readOnly {
		s.use(a)
	}
	a.start()
	return draw, offset
}

// differs reports whether a's client cannot show the session's size. What an
// ended session left is shown as it is. The caller holds session.mu.
func (s *session) differs(a *attachment) bool {
	return s.screen.works() && !s.ended() && a.size != (Size{}) && a.size != s.info.Size
}

// replaces reports whether a takes the place of b: one client has one
// attachment to a session and outlet.
func (a *attachment) replaces(b *attachment) bool {
	return a.requester == b.requester && (a.to == b.to || b.to == nil)
}

// maxPending bounds the attachments that wait for their client's stream.
const maxPending = 16

func (s *session) bound(a *attachment) {
	if a.to != nil {
		return
	}
	var pending []*attachment
	for _, b := range s.attachments {
		if b.to == nil {
			pending = append(pending, b)
		}
	}
	if len(pending) >= maxPending {
		s.remove(pending[0])
	}
}

// start runs the attachment once it has somewhere to send to. The caller holds
// session.mu.
func (a *attachment) start() {
	if st, ok := a.to.(*stream); ok {
		st.senders.Go(a.run)
	} else if a.to != nil {
		a.s.m.supervisors.Go(a.run)
	}
}

// remove ends an attachment. The caller holds session.mu.
func (s *session) remove(a *attachment) {
	a.cancel()
	if a.to == nil { // it never ran
		a.log.close()
		close(a.done)
	}
	s.answerFor(a)
	s.noteLeft(a.requester)
	s.attachments = slices.DeleteFunc(s.attachments, func(b *attachment) bool { return b == a })
	if s.leader == a {
		s.leader = nil
		for _, b := range s.attachments {
			if !b.readOnly && (s.leader == nil || b.lastUsed > s.leader.lastUsed) {
				s.leader = b
			}
		}
	}
}

// detach ends the attachments that match and returns them.
func (s *session) detach(match func(*attachment) bool, tell bool) []*attachment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []*attachment
	for _, a := range slices.Clone(s.attachments) {
		if match(a) {
			a.detached = tell
			s.remove(a)
			gone = append(gone, a)
		}
	}
	return gone
}

// adopt gives st the attachments that waited for it. The caller holds
// Manager.mu.
func (s *session) adopt(st *stream, match func(*attachment) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.attachments {
		if a.to == nil && match(a) {
			a.to = st
			context.AfterFunc(st.ctx, a.cancel)
			a.start()
		}
	}
}

// attachmentOf returns the requester's attachment, or nil. The caller holds
// session.mu.
func (s *session) attachmentOf(requester string) *attachment {
	for _, a := range s.attachments {
		if a.requester == requester {
			return a
		}
	}
	return nil
}
