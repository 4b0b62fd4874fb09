package exec

import (
	"context"
	"slices"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// AttachOptions says how a client attaches. The zero value follows the plain
// contract but for its replay, which is the screen.
type AttachOptions struct {
	// Size is the client's; zero leaves the session's as it is.
	Size Size
	// ReadOnly attaches to watch: input and sizes of this client are ignored.
	ReadOnly bool
	Replay   Replay
	// Resume asks for the output from ResumeOffset on in place of a replay,
	// if it is still held.
	Resume       bool
	ResumeOffset int64
	// DetachOthers ends the attachments of all other clients.
	DetachOthers bool
	// History is how many lines of history a replay has: 0 means all that are
	// kept, negative none.
	History int
	// SyncOutput says that the client's terminal knows mode 2026.
	SyncOutput bool
	// ScreenFirst has a replay with much history come in two: the screen alone
	// at once, and all of it on the stream. A client that loses the stream
	// before that attaches anew and does not Resume.
	ScreenFirst bool
	// Opening says that the requester is just opening its stream: the attach
	// waits for that.
	Opening bool
}

// Attached is what a new attachment begins with.
type Attached struct {
	Session *Session
	// Replay is shown before the stream's output.
	Replay []byte
	// Offset is that of the first byte that the stream carries.
	Offset int64
}

// AttachSession marks a session as attached and returns its current output
// buffer. The requester's stream carries what comes after; without one it
// waits until the requester opens it. For an ended session the stream carries
// its end.
//
// A client that is attached already is attached anew.
func (m *Manager) AttachSession(pluginctx *types.PluginContext, sessionID string) (*Session, []byte, error) {
	at, err := m.attach(pluginctx, sessionID, AttachOptions{Replay: replayBuffer})
	if err != nil {
		return nil, nil, err
	}
	return at.Session, at.Replay, nil
}

// Attach is AttachSession as xsh's own client does it. It returns
// ErrTerminalError for a size that no terminal can have, and the context's
// error if that ends before a stream that is Opening is open, and
// context.Canceled if that stream has ended again.
func (m *Manager) Attach(pluginctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error) {
	if o.Size != (Size{}) && !o.Size.Valid() {
		return nil, NewTerminalError(sessionID, errBadSize(o.Size))
	}
	return m.attach(pluginctx, sessionID, o)
}

// settleWait is how long an attach waits for a model that is behind.
const settleWait = 100 * time.Millisecond

func (m *Manager) attach(pluginctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	if !o.ReadOnly && o.Size.Valid() {
		// Resize before replay: the program repaints on SIGWINCH.
		if err := s.sizeFor(o.Size); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(pluginctx.Ctx(), settleWait)
		s.screen.settle(ctx)
		cancel()
	}
	requester := pluginctx.Requester()
	if o.Opening {
		if err := m.awaitStream(pluginctx.Ctx(), requester); err != nil {
			s.settle() // its client will not lead
			return nil, err
		}
	}
	if o.DetachOthers {
		s.detach(func(a *attachment) bool { return a.requester != requester }, true)
	}
	var draw func() []byte
	at := &Attached{}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil, errManagerClosed()
	}
	outlets := m.outlets(requester)
	if o.Opening && outlets[0] == nil {
		// Nobody would ever end an attachment whose client has gone.
		m.mu.Unlock()
		s.settle()
		return nil, context.Canceled
	}
	for _, to := range outlets {
		first := draw == nil
		d, offset := s.attach(newAttachment(s, requester, to, o), o)
		if first {
			draw, at.Offset = d, offset
			o.Resume, o.ResumeOffset = true, offset // there is one replay for all
		}
	}
	m.mu.Unlock()
	if !o.ReadOnly {
		s.settle() // another client may have resized the terminal meanwhile
	}
	at.Session = s.snapshot()
	at.Replay = draw()
	return at, nil
}

func newAttachment(s *session, requester string, to outlet, o AttachOptions) *attachment {
	a := &attachment{
		s: s, requester: requester, readOnly: o.ReadOnly, size: o.Size, syncOutput: o.SyncOutput,
		plain: o.Replay == replayBuffer,
		to:    to, done: make(chan struct{}), resize: make(chan struct{}, 1),
	}
	life := s.m.streamsLife
	if st, ok := to.(*stream); ok {
		life = st.ctx
	}
	a.ctx, a.cancel = context.WithCancel(life)
	return a
}

// outlets returns where the output for a requester goes: to its own stream,
// else to those that were opened without a requester, else to the configured
// sink. A nil outlet stands for a stream that is not open yet. The caller
// holds mu.
func (m *Manager) outlets(requester string) []outlet {
	if m.sink != nil {
		return []outlet{m.sink}
	}
	var anonymous []outlet
	for _, st := range slices.Backward(m.streams) {
		if st.requester == requester && requester != "" {
			return []outlet{st}
		}
		if st.requester == "" {
			anonymous = append(anonymous, st)
		}
	}
	if len(anonymous) > 0 {
		return anonymous
	}
	return []outlet{nil}
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

// Detached is what an attachment ends with.
type Detached struct {
	Session *Session
	// Leave puts the client's terminal back as a shell expects it, to be
	// written behind the stream's output. It is nil if the session cannot tell.
	Leave []byte
	// AnswersDue says that the terminal was asked what it has not answered.
	// The program has its answers; whoever reads the terminal next is not to
	// get them.
	AnswersDue bool
}

// Detach is DetachSession that also tells how to leave the client's terminal.
func (m *Manager) Detach(pluginctx *types.PluginContext, sessionID string) (*Detached, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	d := &Detached{}
	requester := pluginctx.Requester()
	gone := s.detach(func(a *attachment) bool { return a.requester == requester }, false)
	if len(gone) == 0 && !m.hasStream(requester) {
		// A host that names itself anew with each request.
		gone = s.detach((*attachment).anonymous, false)
	}
	for _, a := range gone {
		if _, ok := a.to.(*stream); ok { // a sink may be what called us
			select {
			case <-a.done:
			case <-pluginctx.Ctx().Done(): // it does not take what is being sent
				return nil, pluginctx.Ctx().Err()
			}
			d.Leave = a.leave()
			d.AnswersDue = s.owes(a.requester) || d.AnswersDue
		}
	}
	s.settle()
	d.Session = s.snapshot()
	return d, nil
}

// anonymous reports whether the attachment's output goes where that of any
// requester without a stream of its own does.
func (a *attachment) anonymous() bool {
	st, ok := a.to.(*stream)
	return !ok || st.requester == ""
}

func (m *Manager) hasStream(requester string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.streams, func(st *stream) bool { return st.requester == requester })
}

// DetachAll ends every attachment of a session and returns how many there
// were. Their streams are told.
func (m *Manager) DetachAll(_ *types.PluginContext, sessionID string) (int, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return 0, err
	}
	return len(s.detach(func(*attachment) bool { return true }, true)), nil
}
