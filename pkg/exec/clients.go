package exec

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// clients is who is attached to a session, and who of them leads: whoever used
// it last. Its leader's size is the session's. It is guarded by session.mu.
type clients struct {
	all    []*Attachment
	leader *Attachment
	uses   int64
	typed  []typedBefore  // by the newest clients that say who they are
	left   []leftTerminal // the newest that were left in order
}

// leftTerminal is a terminal that a client has left, and how much of the
// session's history that terminal has.
type leftTerminal struct {
	terminal string
	mark     vt.Mark
}

// maxLeft bounds the terminals that are remembered.
const maxLeft = 64

// typedBefore is what a client types, in all of its connections.
type typedBefore struct {
	client string
	*typing
}

// maxTyped bounds the clients whose input is remembered beside those that are
// attached.
const maxTyped = 64

// use makes a the leader: its client attached or typed last.
func (c *clients) use(a *Attachment) {
	c.uses++
	a.client.lastUsed = c.uses
	c.setLeader(a)
}

func (c *clients) setLeader(a *Attachment) {
	if c.leader != nil {
		c.leader.client.leads.Store(false)
	}
	if c.leader = a; a != nil {
		a.client.leads.Store(true)
	}
}

// remove forgets a; the one who used the session last before then leads.
func (c *clients) remove(a *Attachment) {
	c.all = slices.DeleteFunc(c.all, func(b *Attachment) bool { return b == a })
	if c.leader != a {
		return
	}
	var next *Attachment
	for _, b := range c.all {
		if b.client.lastUsed > 0 && (next == nil || b.client.lastUsed > next.client.lastUsed) {
			next = b
		}
	}
	c.setLeader(next)
}

// typingOf returns what a client typed in its connections before, so that a new
// one goes on with it; nil if that is not known.
func (c *clients) typingOf(client string) *typing {
	i := slices.IndexFunc(c.typed, func(t typedBefore) bool { return t.client == client })
	if i < 0 || client == "" {
		return nil
	}
	return c.typed[i].typing
}

// noteTyping remembers what a client types. Beyond maxTyped the one is forgotten
// that was remembered longest, of those that are not attached.
func (c *clients) noteTyping(client string, t *typing) {
	if client == "" {
		return
	}
	c.typed = slices.DeleteFunc(c.typed, func(b typedBefore) bool { return b.client == client })
	c.typed = append(c.typed, typedBefore{client, t})
	if len(c.typed) <= maxTyped {
		return
	}
	attached := func(t *typing) bool {
		return slices.ContainsFunc(c.all, func(a *Attachment) bool { return a.typing == t })
	}
	gone := slices.IndexFunc(c.typed, func(b typedBefore) bool { return b.typing != t && !attached(b.typing) })
	if gone >= 0 {
		c.typed[gone].forget()
		c.typed = slices.Delete(c.typed, gone, gone+1)
	}
}

// detach ends the attachments that match and returns them.
func (s *session) detach(match func(*Attachment) bool, why End) []*Attachment {
	var gone []*Attachment
	var answers [][]byte
	s.mu.Lock()
	for _, a := range slices.Clone(s.clients.all) {
		if match(a) {
			answers = append(answers, s.remove(a, why)...)
			gone = append(gone, a)
		}
	}
	left := len(s.clients.all)
	name := s.info.Name
	s.mu.Unlock()
	s.answer(answers)
	if len(gone) > 0 {
		s.tellLeader()
	}
	for range gone {
		s.m.events.add(Event{Kind: EventDetached, Session: s.id, Name: name, Clients: left})
	}
	return gone
}

// remove ends an attachment, and returns what the model answers in its
// terminal's place. The caller holds session.mu.
func (s *session) remove(a *Attachment, why End) (answers [][]byte) {
	if a.client.end == EndNone {
		a.client.end = why
	}
	a.client.left, a.client.askedYet = true, s.questions.asked
	answers = s.questions.leave(&a.client.asked, s.m.clock.Now())
	s.clients.remove(a)
	a.cancel()
	return answers
}

// noteEnd records why an attachment ended by itself.
func (s *session) noteEnd(a *Attachment, why End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.client.end == EndNone {
		a.client.end = why
	}
	s.endTold = s.endTold || why == EndSession
}

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
	led, sizes := s.clients.leader == a, s.sizes()
	if a.life.Err() == nil && (!a.opts.Headless || a.client.size.Valid()) {
		s.clients.use(a)
	}
	s.mu.Unlock()
	s.answered()
	if led {
		return
	}
	s.tellLeader()
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

// followLeader gives the terminal the leader's size.
func (s *session) followLeader() {
	if s.tty == nil {
		return
	}
	s.tty.sizing.Lock()
	defer s.tty.sizing.Unlock()
	s.mu.Lock()
	var size Size
	if l := s.clients.leader; l != nil && !l.opts.NoResize {
		size = l.client.size
	}
	same := size == s.info.Size
	s.mu.Unlock()
	if same || !size.Valid() {
		return
	}
	if err := s.resizeTerminal(size, nil); err != nil {
		s.m.log.Warn("resize for a new leader", "session", s.id, "error", err)
	}
}

// sizeFor gives the terminal the size of a client that is about to lead.
func (s *session) sizeFor(size Size, pixels Pixels) error {
	if s.tty == nil {
		return nil
	}
	s.tty.sizing.Lock()
	defer s.tty.sizing.Unlock()
	if err := s.resizeTerminal(size, nil); err != nil {
		return err
	}
	if t, ok := s.tty.term.(PixelTerminal); ok && pixels.known() && !s.ended() {
		t.ResizePixels(size, pixels) // without it the program finds no pixels
	}
	return nil
}

// Resize takes a new size of the client's terminal. It becomes the session's if
// the client leads, or nobody does. It returns ErrSessionClosed for a session
// that has ended, and ErrTerminalError for a size that no terminal can have or a
// session without a terminal.
func (a *Attachment) Resize(size Size) error { return a.s.resize(a, size) }

// resize takes a new size from a client, or from somebody who is not attached.
func (s *session) resize(a *Attachment, size Size) error {
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
	leader := s.clients.leader
	counts := a == nil || !a.opts.ReadOnly && !a.opts.NoResize && (leader == nil || leader == a)
	if !counts {
		a.client.size = size
		offer(a.news)
	}
	s.mu.Unlock()
	if !counts {
		return nil
	}
	return s.resizeTerminal(size, a)
}

// resizeTerminal gives the terminal a size; if it is that of an attachment,
// both change at once, so that no frame is drawn in between. It is called with
// tty.sizing held.
func (s *session) resizeTerminal(size Size, of *Attachment) error {
	if s.ended() {
		return nil
	}
	before, changed := s.setSize(size, of)
	if err := s.tty.setSize(size, s.handler.HandlesResize); err != nil {
		s.setSize(before, nil)
		return NewTerminalError(s.id, err)
	}
	if changed {
		s.m.events.add(Event{Kind: EventResized, Session: s.id, Name: s.name(), Size: &size})
	}
	return nil
}

// setSize has what the program prints from now on count as made for a size.
func (s *session) setSize(size Size, of *Attachment) (before Size, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.newSize(size)
	if of != nil {
		of.client.size = size
	}
	for _, a := range s.clients.all {
		offer(a.news)
	}
	return before, before != size
}

// describe fills in what a session's public value has of its clients.
func (c *clients) describe(v *Session) {
	var all []ClientInfo
	for _, a := range c.all {
		all = append(all, ClientInfo{
			Since: a.client.since, UsedAt: a.client.usedAt, Size: a.client.size,
			ReadOnly: a.opts.ReadOnly, Leads: a == c.leader,
			TTY: shortened(a.opts.TTY), PID: a.opts.PID, Remote: shortened(a.opts.Remote), SilentSince: a.silentSince(),
		})
	}
	slices.SortStableFunc(all, func(a, b ClientInfo) int { return a.Since.Compare(b.Since) })
	v.Attachments, v.Clients, v.Attached = all, len(all), len(all) > 0
}

// tellLeader tells the handler who leads the session, if that is another client than
// it was last told.
func (s *session) tellLeader() {
	if s.handler.Leads == nil {
		return
	}
	s.leading.mu.Lock()
	defer s.leading.mu.Unlock()
	s.mu.Lock()
	var leader *AttachOptions
	if s.clients.leader != nil {
		leader = &s.clients.leader.opts
	}
	s.mu.Unlock()
	if s.ended() {
		leader = nil
	}
	if leader == s.leading.told {
		return
	}
	s.leading.told = leader
	var env []string
	if leader != nil {
		env = leader.Environment
	}
	err := guard("the handler", func() error {
		s.handler.Leads(s.id, env)
		return nil
	})
	if err != nil {
		s.m.log.Error("a handler was not told who leads", "session", s.id, "error", err)
	}
}
