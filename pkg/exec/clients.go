package exec

import (
	"slices"

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
	gone, answers := s.letGo(match, why)
	s.answer(answers)
	return gone
}

// letGo is detach but for what the model answers in the terminals' place, which the
// caller passes to answer.
func (s *session) letGo(match func(*Attachment) bool, why End) (gone []*Attachment, answers [][]byte) {
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
	for range gone {
		s.expiry.use()
		s.m.events.add(Event{Kind: EventDetached, Session: s.id, Name: name, Clients: left})
	}
	return gone, answers
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
