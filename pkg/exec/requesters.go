package exec

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/xsh-project/xsh/pkg/types"
)

// This file and streams.go are the plain contract on top of Attachment: one
// stream for each requester that carries all of its attachments, and calls
// beside it that attach, detach and resize in the requester's name. What a
// requester is stands in requester.go; nothing else knows of requesters.
//
// The output for a requester goes to its own stream, else to each stream that
// was opened without a name, else it waits until there is one. A stream has one
// attachment to a session, whoever asked for it.

// place is where the output for requesters goes, and what is attached there.
type place struct {
	out Outlet
	who requester // the zero requester: whoever has no place of its own

	attaching sync.Mutex // one attach at a time

	// Guarded by requesters.mu.
	attached map[*session]*Attachment // also those that have ended
	waiting  *waitingOutlet           // there is no stream yet
	gone     bool
}

func newPlace(who requester, out Outlet) *place {
	return &place{who: who, out: out, attached: make(map[*session]*Attachment)}
}

// requesters is every place of a manager. The zero requesters has none.
type requesters struct {
	mu      sync.Mutex // guards the fields below, and the places'; taken behind Manager.mu and before any session's
	streams []*stream
	waiting []*place             // of requesters whose stream is not open yet, oldest first
	sinks   map[requester]*place // with a configured sink
}

// stream is one open Stream call.
type stream struct {
	*place
	ctx     context.Context
	cancel  func()
	unlink  func() bool    // from the manager's end
	senders sync.WaitGroup // goroutines that send beside attachments
}

// maxWaiting bounds the requesters that attach and open no stream.
const maxWaiting = 16

// waitingOutlet waits for a stream.
type waitingOutlet struct {
	bound chan struct{} // closed when to is set
	to    Outlet
}

// Send implements Outlet.
func (o *waitingOutlet) Send(ctx context.Context, output StreamOutput) bool {
	select {
	case <-o.bound:
		return o.to.Send(ctx, output)
	case <-ctx.Done():
		return false
	}
}

// sinkOutlet sends to an OutputSink that was configured.
type sinkOutlet struct{ sink OutputSink }

// Send implements Outlet.
func (o sinkOutlet) Send(_ context.Context, output StreamOutput) bool {
	o.sink.OnOutput(output)
	return true
}

// places returns where the output for a requester goes.
func (m *Manager) places(who requester) []*place {
	r := &m.requesters
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.sink != nil {
		if r.sinks == nil {
			r.sinks = make(map[requester]*place)
		}
		if r.sinks[who] == nil {
			r.sinks[who] = newPlace(who, sinkOutlet{m.sink})
		}
		return []*place{r.sinks[who]}
	}
	if st := r.stream(who); st != nil {
		return []*place{st.place}
	}
	var nameless []*place
	for _, st := range slices.Backward(r.streams) {
		if st.who.id == "" {
			nameless = append(nameless, st.place)
		}
	}
	if len(nameless) > 0 {
		return nameless
	}
	return []*place{r.wait(who)}
}

// stream returns the requester's own stream, or nil; one that has ended does not
// count. The caller holds mu.
func (r *requesters) stream(who requester) *stream {
	i := slices.IndexFunc(r.streams, func(st *stream) bool { return st.who == who && who.id != "" && st.ctx.Err() == nil })
	if i < 0 {
		return nil
	}
	return r.streams[i]
}

// wait returns the place of a requester whose stream is not open yet. The
// caller holds mu.
func (r *requesters) wait(who requester) *place {
	i := slices.IndexFunc(r.waiting, func(p *place) bool { return p.who == who })
	if i >= 0 {
		return r.waiting[i]
	}
	if len(r.waiting) == maxWaiting {
		oldest := r.waiting[0]
		r.waiting = r.waiting[1:]
		oldest.gone = true
		for _, a := range oldest.attached {
			a.drop()
		}
	}
	o := &waitingOutlet{bound: make(chan struct{})}
	p := newPlace(who, o)
	p.waiting = o
	r.waiting = append(r.waiting, p)
	return p
}

// attach attaches a session to a place, in place of what it had there.
func (p *place) attach(r *requesters, ctx context.Context, s *session, o AttachOptions, plain bool) (*Attachment, error) {
	p.attaching.Lock()
	defer p.attaching.Unlock()
	r.mu.Lock()
	old, waits, gone := p.attached[s], p.waiting != nil, p.gone
	r.mu.Unlock()
	if gone {
		return nil, context.Canceled
	}
	a, err := s.attach(ctx, o, p.out, attachWay{plain: plain, replaces: old, unheard: waits})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	p.attached[s] = a
	gone = p.gone
	if waits && p.waiting == nil {
		s.heard(a)
	}
	r.mu.Unlock()
	if gone { // nobody else would ever end it
		a.drop()
		s.followLeader()
		return nil, context.Canceled
	}
	return a, nil
}

// AttachSession marks a session as attached and returns its current output
// buffer; it does not wait for anything. The requester's stream carries what
// comes after; without one it waits until the requester opens it. For an ended
// session the stream carries its end.
//
// A client that is attached already is attached anew.
func (m *Manager) AttachSession(pluginctx *types.PluginContext, sessionID string) (*Session, []byte, error) {
	at, err := m.attach(pluginctx, sessionID, AttachOptions{Replay: replayBuffer}, true)
	if err != nil {
		return nil, nil, err
	}
	return at.Session, at.Replay, nil
}

// Attach is AttachSession with options. It returns ErrTerminalError for a size
// that no terminal can have, and context.Canceled if the requester's stream ends
// meanwhile.
func (m *Manager) Attach(pluginctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error) {
	if o.Replay < ReplayScreen || o.Replay > ReplayRaw {
		return nil, NewTerminalError(sessionID, errors.New("no such replay"))
	}
	return m.attach(pluginctx, sessionID, o, false)
}

func (m *Manager) attach(pluginctx *types.PluginContext, sessionID string, o AttachOptions, plain bool) (*Attached, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	at := &Attached{}
	for i, p := range m.places(requesterOf(pluginctx)) {
		a, err := p.attach(&m.requesters, pluginctx.Ctx(), s, o, plain)
		if err != nil {
			return nil, err
		}
		if i == 0 { // there is one replay for all
			at.Replay, at.Offset = a.Replay(), a.Offset()
			o.Resume, o.ResumeOffset, o.DetachOthers = true, a.Offset(), false
		}
	}
	at.Session = s.snapshot()
	return at, nil
}

// attachmentsOf returns the attachments to a session that a requester's calls
// are about.
func (m *Manager) attachmentsOf(who requester, s *session) []*Attachment {
	r := &m.requesters
	r.mu.Lock()
	defer r.mu.Unlock()
	var places []*place
	own := func(p *place) bool { return p != nil && p.who == who && p.attached[s] != nil }
	st := r.stream(who)
	switch i := slices.IndexFunc(r.waiting, own); {
	case own(r.sinks[who]):
		places = []*place{r.sinks[who]}
	case st != nil:
		places = []*place{st.place}
	case i >= 0:
		places = []*place{r.waiting[i]}
	default: // a host that opened a stream without a name, or names itself anew each time
		for _, st := range r.streams {
			if st.who.id == "" {
				places = append(places, st.place)
			}
		}
		places = append(places, r.waiting...)
		for _, p := range r.sinks {
			places = append(places, p)
		}
	}
	var all []*Attachment
	for _, p := range places {
		if a := p.attached[s]; a != nil && a.life.Err() == nil {
			all = append(all, a)
		}
	}
	return all
}

// DetachSession marks a session as not attached, stopping output broadcast. It
// ends the attachment of the requester alone, and returns when its stream
// carries no more of it.
func (m *Manager) DetachSession(pluginctx *types.PluginContext, sessionID string) (*Session, error) {
	d, err := m.Detach(pluginctx, sessionID)
	if err != nil {
		return nil, err
	}
	return d.Session, nil
}

// Detach is DetachSession that also tells how to leave the client's terminal.
func (m *Manager) Detach(pluginctx *types.PluginContext, sessionID string) (*Detached, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	d := &Detached{}
	for _, a := range m.attachmentsOf(requesterOf(pluginctx), s) {
		if m.sink != nil || s.isUnheard(a) { // a sink may be what called us
			a.drop()
			continue
		}
		one, err := a.Detach(pluginctx.Ctx())
		if err != nil {
			return nil, err
		}
		d.Leave, d.AnswersDue = one.Leave, one.AnswersDue || d.AnswersDue
	}
	s.followLeader()
	d.Session = s.snapshot()
	return d, nil
}

// ResizeSession resizes a session. From a client that is attached but does not
// lead, the size is noted until it does. It returns ErrSessionClosed for a
// session that has ended, and ErrTerminalError for a size that no terminal can
// have or a session without a terminal.
func (m *Manager) ResizeSession(pluginctx *types.PluginContext, sessionID string, rows, cols int32) error {
	size := Size{Rows: int(rows), Cols: int(cols)}
	if !size.Valid() {
		return NewTerminalError(sessionID, errBadSize(size))
	}
	s, err := m.active(sessionID)
	if err != nil {
		return err
	}
	var of *Attachment
	if all := m.attachmentsOf(requesterOf(pluginctx), s); len(all) > 0 {
		of = all[0]
	}
	return s.resize(of, size, Pixels{})
}

// sessionEnded tells how s ended to those who are not attached to it but
// should know: streams that named no requester, the stream of whoever created
// it, and the sink.
func (m *Manager) sessionEnded(s *session) {
	policy := newEndedPolicy(m.settings)
	m.mu.Lock()
	m.prune(policy)
	m.mu.Unlock()
	r := &m.requesters
	r.mu.Lock()
	for _, st := range r.streams {
		// One that was attached when the session ended is told by its attachment.
		if st.attached[s].atEnd() || st.who.id != "" && st.who != s.creator {
			continue
		}
		st.senders.Go(func() {
			for _, out := range s.closing() {
				st.out.Send(st.ctx, out)
			}
		})
	}
	told := m.sink == nil
	for _, p := range r.sinks {
		told = told || p.attached[s].atEnd()
	}
	r.mu.Unlock()
	if told {
		return
	}
	for _, out := range s.closing() {
		m.sink.OnOutput(out)
	}
}

// atEnd reports whether the attachment, if it is one, lasts to the session's end.
func (a *Attachment) atEnd() bool {
	if a == nil {
		return false
	}
	why := a.Why()
	return why == EndNone || why == EndSession
}

// forget drops what is kept of a session that is forgotten.
func (r *requesters) forget(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, st := range r.streams {
		if a := st.attached[s]; a != nil && a.life.Err() != nil {
			delete(st.attached, s)
		}
	}
	for who, p := range r.sinks {
		delete(p.attached, s)
		if len(p.attached) == 0 {
			delete(r.sinks, who)
		}
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(p *place) bool {
		if a := p.attached[s]; a != nil {
			a.drop()
			delete(p.attached, s)
		}
		p.gone = p.gone || len(p.attached) == 0
		return p.gone
	})
}
