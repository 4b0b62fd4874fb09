package exec

import (
	"context"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// settleWait is how long an attach waits for a model that is behind.
const settleWait = 100 * time.Millisecond

// transferWait is how long an attach waits for the end of an image that the
// program is sending.
const transferWait = time.Second

// attachWay is what the plain contract wants of an attach beside the options.
type attachWay struct {
	plain    bool        // the client is shown no frames, and its terminal is its own business
	replaces *Attachment // ends in favour of the new one, if it is still there
	unheard  bool        // questions do not reach the client yet; see heard
}

// attach is Open for a session that was found.
func (s *session) attach(ctx context.Context, o AttachOptions, out Outlet, way attachWay) (*Attachment, error) {
	if err := o.check(s.id); err != nil {
		return nil, err
	}
	if err := roomForFiles(s.id, filesForClient); err != nil {
		return nil, err
	}
	if !o.ReadOnly && !o.NoResize && o.Size.Valid() {
		// Resize before replay: the program repaints on SIGWINCH.
		if err := s.sizeFor(o.Size, o.Pixels); err != nil {
			return nil, err
		}
		settling, end := patiently(ctx, settleWait)
		s.screen.Settle(settling)
		end()
	}
	if s.ended() && o.Size.Valid() && !way.plain {
		// Nobody else has a say in how what it left is laid out.
		s.setSize(o.Size, nil, Size{})
	}
	whole, end := patiently(ctx, transferWait)
	s.screen.AwaitWhole(whole)
	end()
	o.Environment = fitEnvironment(o.Environment)
	a := &Attachment{
		s: s, opts: o, plain: way.plain, out: out,
		done: make(chan struct{}), news: make(chan struct{}, 1),
	}
	a.begin.drawn = make(chan struct{})
	defer close(a.begin.drawn)
	a.client.size, a.client.pixels = o.Size, o.Pixels
	a.client.headless, a.client.unheard = o.Headless, way.unheard
	a.mu.Lock() // handed over to run
	draw := s.beginning(a)
	if err := s.register(a, way.replaces); err != nil {
		a.reader.Close()
		return nil, err
	}
	if o.DetachOthers {
		s.detach(func(b *Attachment) bool { return b != a }, EndEvicted)
	}
	if !o.ReadOnly {
		s.followLeader() // another client may have resized the terminal meanwhile
	}
	a.begin.replay = draw() // takes its time, and needs no lock
	return a, nil
}

// beginning decides what the client is shown first, and where the output goes on
// behind it. It returns what draws the replay. The offset is held from the first
// look at it on, so that output that comes meanwhile is waited for.
func (s *session) beginning(a *Attachment) (draw func() []byte) {
	o := a.opts
	_, end := s.log.Offsets()
	from := end
	if s.screen != nil {
		from = min(end, s.screen.Position())
	}
	if o.Resume && s.canResume(o) {
		from = o.ResumeOffset
	}
	a.reader = s.log.NewReader(from, outlog.ReaderOptions{Eager: a.push})

	// The size is noted before the snapshot is taken: if it changes between the
	// two, the client is found to have missed a change and is drawn the screen.
	s.mu.Lock()
	session, sizes := s.info.Size, s.sizes()
	s.mu.Unlock()
	a.view = view{shows: showsLog, size: a.client.size, sizes: sizes, clipboard: s.m.clipboard()}

	draw = func() []byte { return nil }
	switch {
	case o.Resume && from == o.ResumeOffset && s.canResume(o):
		a.begin.resumed = true
		a.begin.offset = from
	case o.Replay == ReplayScreen && !a.plain && s.screen.Works() && !s.ended() &&
		a.client.size != (Size{}) && a.client.size != session:
		a.begin.offset = end // the first frame shows it all
		a.view.shows, a.client.drawn = showsNothing, true
	default:
		d := s.drawing(o.Replay, vt.ReplayOptions{History: o.History, Sync: o.SyncOutput}, o.ScreenFirst && a.client.size == session, s.seen(o))
		draw, a.begin.offset, a.begin.rest = d.first, d.offset, d.rest
		if d.rest != nil {
			a.view.shows, a.begin.inTwo = showsPart, true
		}
		if o.Replay == ReplayScreen {
			a.view.drawnAt = s.m.clock.Now()
		}
	}
	a.reader.MoveTo(a.begin.offset, true)
	a.client.from = a.begin.offset
	if s.screen != nil {
		a.client.from = max(a.begin.offset, s.screen.Position())
	}
	return draw
}

// canResume reports whether the log goes on from where a client's terminal is:
// all of it is held, and made for the size that it has.
func (s *session) canResume(o AttachOptions) bool {
	if !s.log.Holds(o.ResumeOffset) || o.Size == (Size{}) {
		return s.log.Holds(o.ResumeOffset)
	}
	for _, c := range s.log.SizeChanges(0) {
		if c.Offset > o.ResumeOffset {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.Size == s.info.Size
}

// register makes an attachment known, in place of old or of the one that its
// client had, and runs it.
func (s *session) register(a, old *Attachment) error {
	if err := s.m.addServing(); err != nil {
		return err
	}
	most := settings.Int(s.m.settings, SettingMaxClients, defaultMaxClients)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := func(b *Attachment) bool {
		return b == old || a.opts.Client != "" && b.opts.Client == a.opts.Client
	}
	comesBack := slices.IndexFunc(s.clients.all, before)
	if err := s.roomFor(a, most, comesBack >= 0); err != nil {
		s.m.serving.Done()
		return err
	}
	a.life, a.cancel = context.WithCancel(s.m.streamsLife)
	a.typing = s.clients.typingOf(a.opts.Client)
	if a.typing == nil {
		a.typing = s.newTyping(a)
		if a.opts.InputOffset > 0 {
			offset, cut, found := s.kept.typedBefore(a.opts.Client)
			a.typing.offset.Store(max(offset, a.opts.InputOffset))
			a.typing.unknown = !found
			a.begin.typedUnknown = !found || cut
		}
	}
	if comesBack >= 0 {
		s.replace(a, s.clients.all[comesBack])
	}
	s.clients.noteTyping(a.opts.Client, a.typing)
	s.clients.all = append(s.clients.all, a)
	s.info.AttachedAt = s.m.clock.Now()
	a.client.since = s.info.AttachedAt
	s.expiry.use()
	if !a.opts.ReadOnly && (!a.opts.Headless || a.client.size.Valid()) {
		s.clients.use(a)
	}
	s.m.events.add(Event{Kind: EventAttached, Session: s.id, Name: s.info.Name, Clients: len(s.clients.all)})
	go func() {
		defer s.m.serving.Done()
		a.run()
	}()
	return nil
}

// replace ends the attachment that a client had, in favour of its new one. The
// caller holds mu.
func (s *session) replace(a, old *Attachment) {
	a.begin.after = old
	answers := s.remove(old, EndDetached)
	s.questions.inherit(&a.client.asked, &old.client.asked)
	s.answer(answers)
}

// Detach ends the attachment and tells how to leave the client's terminal. It
// waits until the Outlet has what is being sent, or ctx ends.
func (a *Attachment) Detach(ctx context.Context) (*Detached, error) {
	s := a.s
	// What the program has asked by now is answered once it is known how to leave the
	// terminal: a program that prints what it is answered would have it shown there.
	settling, end := patiently(ctx, leaveWait)
	_, printed := s.log.Offsets()
	s.screen.Await(settling, printed)
	end()
	_, answers := s.letGo(func(b *Attachment) bool { return b == a }, EndDetached)
	defer s.answer(answers)
	select {
	case <-a.done:
	case <-ctx.Done(): // it does not take what is being sent
		return nil, ctx.Err()
	}
	a.mu.Lock()
	leave := a.leave()
	left := a.view.mark
	a.mu.Unlock()
	s.noteLeft(a.opts.Terminal, left)
	d := &Detached{Leave: leave, AnswersDue: a.owes()}
	s.followLeader()
	d.Session = s.snapshot()
	return d, nil
}

// seen returns what a terminal that comes back has seen of the history; the zero
// Mark is nothing.
func (s *session) seen(o AttachOptions) vt.Mark {
	if o.Terminal == "" || o.History != 0 {
		return vt.Mark{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.clients.left {
		if l.terminal == o.Terminal {
			return l.mark
		}
	}
	return vt.Mark{}
}

// noteLeft remembers where a terminal was left in order. Of one that was not,
// nobody knows what it has.
func (s *session) noteLeft(terminal string, mark vt.Mark) {
	if terminal == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.clients
	c.left = slices.DeleteFunc(c.left, func(l leftTerminal) bool { return l.terminal == terminal })
	if mark == (vt.Mark{}) {
		return
	}
	c.left = append(c.left, leftTerminal{terminal, mark})
	if len(c.left) > maxLeft {
		c.left = slices.Delete(c.left, 0, 1)
	}
}

// drop ends the attachment and tells nobody.
func (a *Attachment) drop() {
	a.s.detach(func(b *Attachment) bool { return b == a }, EndDetached)
}

// isUnheard reports whether the client's stream is not open yet.
func (s *session) isUnheard(a *Attachment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.client.unheard
}

// heard notes that from now on a client is asked what the program asks.
func (s *session) heard(a *Attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.client.unheard = false
}

// DetachAll ends every attachment of a session and returns how many there
// were. Their clients are told.
func (m *Manager) DetachAll(_ *types.PluginContext, sessionID string) (int, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return 0, err
	}
	return len(s.detach(func(*Attachment) bool { return true }, EndEvicted)), nil
}
