package exec

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// session is what a Manager keeps of a session, from its creation until it is
// removed. It ends once; its log and status can be read until it is removed. Lock order: Manager.mu, then sizing, then mu, then the log's.
type session struct {
	m       *Manager
	id      string // immutable, as are the next four
	creator string
	key     string // the handler's
	handler Handler
	command []string

	// ctx is the session's own life: it ends when the session is closed.
	ctx    context.Context
	cancel context.CancelFunc

	log     *outputLog
	input   *inputQueue             // nil without a terminal
	term    Terminal                // nil without a terminal
	resizes chan SessionResizeInput // nil without a terminal; holds the newest size
	screen  *screen                 // nil without a terminal
	wg      sync.WaitGroup          // every goroutine but the supervisor
	done    chan struct{}           // closed when the program has ended and its output is in the log
	started bool                    // guarded by Manager.mu; until then nobody else sees the session

	sizing sync.Mutex // orders resizes; held across the system call

	mu          sync.Mutex // guards the fields below; never held across I/O
	info        Session    // Attached and Clients are computed
	attachments []*attachment
	leader      *attachment
	uses        int64
	sizes       int64        // how many sizes the terminal has had
	failure     *StreamError // what a stream is told beside the exit status
	told        []outlet     // whom attachments that are no more told of the end
	announced   bool         // the others were told as well; told is not needed any more
	due         []dueQuery   // what clients' terminals were asked
	asks        int          // how often the program asked
	left        []leaver     // the clients that detached last
}

// snapshot returns the session's public value.
func (s *session) snapshot() *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.info.clone()
	if v.Exit == nil {
		v.Clients = len(s.attachments)
		v.Attached = v.Clients > 0
	}
	return v
}

func (s *session) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

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

// use makes a the leader: its client attached or typed last. The caller holds
// session.mu.
func (s *session) use(a *attachment) {
	s.uses++
	a.lastUsed = s.uses
	s.leader = a
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

// typed takes input from a client: it becomes the leader, unless it watches.
func (s *session) typed(ctx context.Context, requester string, data []byte) {
	if s.input == nil || len(data) == 0 {
		return
	}
	s.mu.Lock()
	a := s.attachmentOf(requester)
	s.mu.Unlock()
	switch {
	case a == nil:
		if data = s.siftLate(requester, data); len(data) == 0 {
			return
		}
	case a.readOnly:
		a.sift(ctx, data) // for the answers of its terminal, which are then no longer due
		return
	default:
		if data = a.sift(ctx, data); len(data) == 0 {
			return
		}
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

// closing returns what a stream is sent when the session has ended.
func (s *session) closing() []StreamOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, end := s.log.offsets()
	out := StreamOutput{SessionID: s.id, Signal: StreamSignalClose, Offset: end, Exit: s.info.Exit}
	if s.failure == nil {
		return []StreamOutput{out}
	}
	failed := StreamOutput{SessionID: s.id, Signal: StreamSignalError, Offset: end, Error: s.failure}
	return []StreamOutput{failed, out}
}

// finish records how the program ended and lets everyone know.
func (s *session) finish(err error) {
	exit := exitStatusOf(err)
	s.mu.Lock()
	s.info.Exit = &exit
	s.info.EndedAt = s.m.clock.Now()
	s.failure = streamErrorOf(err)
	s.mu.Unlock()
	s.cancel()
	close(s.done) // before clients can hear of it: what they then ask must know
	s.log.close()
	s.m.log.Info("session ended", "session", s.id, "exit", exit.Code, "signal", exit.Signal)
}

// options completes what a handler is told of its session.
func (s *session) options(o SessionOptions) SessionOptions {
	o.ID = s.id
	o.Name = s.info.Name
	o.Command = slices.Clone(s.command)
	o.Size = s.info.Size
	return o
}

// handlerContext is the PluginContext that a handler gets: the request's, with
// the session's life in place of the request's.
func (s *session) handlerContext(c *types.PluginContext) *types.PluginContext {
	return c.WithContext(s.ctx)
}

// closeGrace is how long a closing session waits for its handler.
func (s *session) closeGrace() time.Duration {
	if s.handler.CloseGrace > 0 {
		return s.handler.CloseGrace
	}
	return defaultCloseGrace
}

// defaultCloseGrace is CloseGrace's default.
const defaultCloseGrace = 250 * time.Millisecond

// errNoEnd is how a session ends whose handler did not say in time.
var errNoEnd = &ExitError{ExitStatus{Code: failedCode, Message: "the handler did not say how the program ended"}}

func errBadSize(size Size) error {
	return fmt.Errorf("bad terminal size %v: rows and columns must be 1 to %d", size, maxDimension)
}
