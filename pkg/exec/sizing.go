package exec

import (
	"context"
	"errors"
	"time"
)

// sizeFirst is how long a program has to take note of a new leader's size
// before it gets what was typed. less forgets a key that it reads at the moment
// when it is told of a size.
const sizeFirst = 50 * time.Millisecond

// lead makes a the leader, whose size is the session's. It returns when what
// the client typed may follow.
func (s *session) lead(ctx context.Context, a *Attachment) {
	now := s.m.clock.Now()
	s.mu.Lock()
	s.info.UsedAt, a.client.usedAt = now, now
	news := s.typist.last.note(a.typer(), now, &s.typist.recorded)
	s.expiry.use()
	led, sizes := s.clients.leader == a, s.sizes()
	if a.life.Err() == nil && (!a.opts.Headless || a.client.size.Valid()) {
		s.clients.use(a)
	}
	s.mu.Unlock()
	if news {
		s.save()
	}
	s.answered()
	s.tellLeader() // an attach does not wait until that is done
	if led {
		return
	}
	s.followLeader()
	s.mu.Lock()
	resized := s.sizes() != sizes
	s.mu.Unlock()
	if resized {
		select {
		case <-time.After(sizeFirst):
		case <-ctx.Done():
		}
	}
}

// followLeader gives the terminal the size that its clients want: the leader's, unless
// the session's policy says otherwise.
func (s *session) followLeader() {
	if s.tty == nil {
		return
	}
	s.tty.sizing.Lock()
	defer s.tty.sizing.Unlock()
	s.mu.Lock()
	var size Size
	var pixels Pixels
	l := s.clients.leader
	if s.info.SizePolicy != SizeLeader || l != nil && !l.opts.NoResize {
		size = s.sizeWith(l, Size{})
	}
	if l != nil && l.client.size == size {
		pixels = l.client.pixels
	}
	same := size == s.info.Size && !pixels.known()
	s.mu.Unlock()
	if same || !size.Valid() {
		return
	}
	if err := s.resizeTerminal(resizing{size: size, pixels: pixels}); err != nil {
		s.m.log.Warn("resize for a new leader", "session", s.id, "error", err)
	}
}

// sizeFor gives the terminal the size that is right with a client of that size which
// is about to lead.
func (s *session) sizeFor(size Size, pixels Pixels) error {
	if s.tty == nil {
		return nil
	}
	s.tty.sizing.Lock()
	defer s.tty.sizing.Unlock()
	s.mu.Lock()
	wanted := s.sizeWith(nil, size)
	s.mu.Unlock()
	if !wanted.Valid() {
		return nil
	}
	if wanted != size {
		pixels = Pixels{}
	}
	return s.resizeTerminal(resizing{size: wanted, pixels: pixels})
}

// Resize takes a new size of the client's terminal. It becomes the session's if
// the client leads, or nobody does, unless the session's policy says otherwise. It returns ErrSessionClosed for a session
// that has ended, and ErrTerminalError for a size that no terminal can have or a
// session without a terminal.
func (a *Attachment) Resize(size Size) error { return a.s.resize(a, size, Pixels{}) }

// ResizePixels is Resize with the size in pixels, if that is known; else a cell stays as
// large as it was.
func (a *Attachment) ResizePixels(size Size, pixels Pixels) error { return a.s.resize(a, size, pixels) }

// resize takes a new size from a client, or from somebody who is not attached.
func (s *session) resize(a *Attachment, size Size, pixels Pixels) error {
	switch {
	case !size.Valid():
		return NewTerminalError(s.id, errBadSize(size))
	case s.ended():
		return NewSessionClosedError(s.id)
	case s.tty == nil:
		return NewTerminalError(s.id, errors.New("session has no terminal to resize"))
	}
	s.tty.sizing.Lock()
	defer s.tty.sizing.Unlock()
	s.mu.Lock()
	wanted := size
	if a != nil {
		wanted = Size{}
		if leader := s.clients.leader; !a.opts.ReadOnly && !a.opts.NoResize && (leader == nil || leader == a || s.info.SizePolicy != SizeLeader) {
			wanted = s.sizeWith(a, size)
		}
	}
	if a != nil {
		a.client.pixels = pixels
	}
	if wanted != size {
		pixels = Pixels{}
	}
	stays := !wanted.Valid() || wanted != size && wanted == s.info.Size
	if stays {
		a.client.size = size
		offer(a.news)
	}
	s.mu.Unlock()
	if stays {
		return nil
	}
	return s.resizeTerminal(resizing{wanted, pixels, a, size})
}

// sizeWith returns the size that the session is to have, by its policy, when the client of
// an attachment has a size, or, with a nil one, a client that is about to lead; with the zero
// Size it is asked what it has. The zero Size is returned where it stays as it is. The
// caller holds mu.
func (s *session) sizeWith(a *Attachment, size Size) (all Size) {
	var join func(a, b int) int
	switch s.info.SizePolicy {
	case SizeFixed:
		return Size{}
	case SizeLargest:
		join = func(a, b int) int { return max(a, b) }
	case SizeSmallest:
		join = func(a, b int) int { return min(a, b) }
	default:
		if a != nil && size == (Size{}) {
			return a.client.size
		}
		return size
	}
	for _, b := range s.clients.all {
		one := b.client.size
		if b == a && size.Valid() {
			one = size
		}
		if one.Valid() && !b.opts.ReadOnly && !b.opts.NoResize {
			all = joined(all, one, join)
		}
	}
	if a == nil && size.Valid() {
		all = joined(all, size, join)
	}
	return all
}

// joined joins two sizes, of which the first may be none yet.
func joined(all, one Size, join func(a, b int) int) Size {
	if all == (Size{}) {
		return one
	}
	return Size{join(all.Rows, one.Rows), join(all.Cols, one.Cols)}
}

// resizing is a size that the terminal is to get.
type resizing struct {
	size   Size
	pixels Pixels // the same in pixels; zero leaves a cell as large as it was
	// of is the attachment that it is for, which may be nil, and client its client's size:
	// both change at once, so that no frame is drawn in between.
	of     *Attachment
	client Size
}

// resizeTerminal gives the terminal a size. It is called with tty.sizing held.
func (s *session) resizeTerminal(to resizing) error {
	if s.ended() {
		return nil
	}
	before, changed := s.setSize(to.size, to.of, to.client)
	if err := s.tty.setSize(to.size, to.pixels, s.handler.HandlesResize); err != nil {
		s.setSize(before, nil, Size{})
		return NewTerminalError(s.id, err)
	}
	if changed {
		s.m.events.add(Event{Kind: EventResized, Session: s.id, Name: s.name(), Size: &to.size})
	}
	return nil
}

// setSize has what the program prints from now on count as made for a size.
func (s *session) setSize(size Size, of *Attachment, client Size) (before Size, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.newSize(size)
	if of != nil {
		of.client.size = client
	}
	for _, a := range s.clients.all {
		offer(a.news)
	}
	return before, before != size
}
