package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
)

// session is what a Manager keeps of a session, from its creation until it is
// removed. It ends once; its log and status can be read until it is removed.
//
// Lock order: an attachment's typing, then its mu, then tty.sizing, then
// session.mu, then the screen's, then the log's.
type session struct {
	m  *Manager
	id string // immutable

	made
	life
	parts

	told     told
	activity activity
	stored   stored

	mu        sync.Mutex // guards the fields below; never held across I/O
	info      Session    // Attached and Clients are computed
	clients   clients
	questions questions
	typist    typist

	leading leading
}

// made is how a session was made; immutable.
type made struct {
	creator requester
	handler Handler
	opts    SessionOptions
	limits  limits
	// quickEnds is how many programs before this one ended at once, in a row.
	quickEnds int
	begun     begun // what its log begins with
}

// parts is what a session is made of, set when it begins.
type parts struct {
	log    *outlog.Log
	tty    *tty           // nil without a terminal
	screen *screen.Screen // nil without a terminal
	kept   *kept          // nil for one that ends with this process
	expiry expiry         // ends it when nobody uses it
	ruled  ruled          // has it looked at, where there are rules for its program
	wg     sync.WaitGroup // every goroutine but the supervisor and the attachments
}

// life is a session's own: it does not end with the request that made it.
type life struct {
	ctx     context.Context // ends when the session is closed, or its program ends
	cancel  context.CancelFunc
	started bool // guarded by Manager.mu; until then nobody else sees the session
	// startOver is closed when the start has come to an end; givenUp is set when Suspend
	// waits for it no more.
	startOver chan struct{}
	givenUp   atomic.Bool
	done      chan struct{} // closed when the program has ended and its output is in the log
	failure   *StreamError  // guarded by session.mu: what a stream is told beside the exit status
	// respawnDue: the program has ended by itself and is to be started again; expired:
	// the session is ended because nobody uses it. Guarded by session.mu.
	respawnDue, expired bool
	endTold             bool   // guarded by session.mu: a client was told how the session ended
	state               string // guarded by session.mu: the program's, as EventState last told it
	// programEnded takes how an adopted session's program ended; nil if the
	// program is our own.
	programEnded chan ExitStatus
	// programStops takes what stops that program, and that it goes on.
	programStops chan syscall.Signal
}

// typist is who types by Manager.Type.
type typist struct {
	turn chan struct{} // has room for one; not guarded
	at   *int64        // the offset of the output when one last began
	// event is the number of the newest event then.
	event int64
	// last are all who typed, attached or not.
	last typists
	// recorded is when the session's record was last given them.
	recorded time.Time
	// The turn of several calls: whose, until when, and what is closed when it is over.
	// They are for whoever has the turn.
	heldBy    string
	heldUntil time.Time
	over      chan struct{}
}

// prepare sets up what a session has beside its program, for one that has its info
// and its log.
func (s *session) prepare() {
	s.typist.turn = make(chan struct{}, 1)
	s.told.name = s.info.Name
	s.activity.idle, s.activity.looked = s.saidIdle, s.storeHistory
	s.expiry.ttl, s.expiry.output, s.expiry.note, s.expiry.expire = s.info.TTL, s.lastOutput, s.noteExpiry, s.expire
	s.log.Appended = func() {
		s.activity.printed()
		s.ruled.printed()
	}
	s.log.Now = s.m.clock.Now
}

// snapshot returns the session's public value.
func (s *session) snapshot() *Session {
	stopped := s.handler.Stopped != nil && s.handler.Stopped(s.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.info.clone()
	s.told.describe(v)
	v.Typists = slices.Clone(s.typist.last)
	if v.Exit == nil {
		s.clients.describe(v)
		v.Stopped = stopped
	}
	v.PersistProblem = s.stored.whyNot()
	return v
}

func (s *session) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info.Name
}

func (s *session) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// closing returns what a stream is sent when the session has ended.
func (s *session) closing() []StreamOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, end := s.log.Offsets()
	out := StreamOutput{SessionID: s.id, Signal: StreamSignalClose, Offset: end, Exit: s.info.Exit}
	if s.failure == nil {
		return []StreamOutput{out}
	}
	return []StreamOutput{failureOutput(s.id, end, s.failure), out}
}

// options completes what a handler is told of its session.
func (s *session) options(o SessionOptions) SessionOptions {
	o.ID = s.id
	o.Name = s.info.Name
	o.Command = slices.Clone(s.info.Command)
	o.Size = s.info.Size
	return o
}

// handlerContext is the PluginContext that a handler gets: the request's, with
// the session's life in place of the request's.
func (s *session) handlerContext(c *types.PluginContext) *types.PluginContext {
	return c.WithContext(s.ctx)
}

// begun returns the sessions that have started, in the order in which they were
// created: those whose fields stand.
func (m *Manager) begun() []*session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.order), func(s *session) bool { return !s.started })
}

// closeGrace is how long a closing session waits for its handler.
func (s *session) closeGrace() time.Duration {
	if s.handler.CloseGrace > 0 {
		return s.handler.CloseGrace
	}
	return defaultCloseGrace
}

// typeUnattached takes input from somebody who is not attached: it goes to the
// program as it is, and makes nobody the leader.
func (s *session) typeUnattached(ctx context.Context, data []byte) {
	s.expiry.use()
	if s.tty != nil {
		s.tty.input.write(ctx, data)
	}
}

// saidIdle adds the event.
func (s *session) saidIdle() {
	if !s.ended() {
		_, end := s.log.Offsets()
		s.m.events.add(Event{Kind: EventIdle, Session: s.id, Name: s.name(), Offset: end})
	}
}

// answer types answers that the model gives.
func (s *session) answer(answers [][]byte) {
	for _, answer := range answers {
		s.tty.input.put(answer)
	}
}

// sizes returns how many sizes the terminal has had.
func (s *session) sizes() int64 { return s.log.Resizes() }

// newSize is what output is made for from now on; it returns the size before.
// The terminal itself is sized behind it, before the program can answer to it.
func (s *session) newSize(size Size) (before Size) {
	before = s.info.Size
	if size != before {
		_, end := s.log.Offsets()
		s.kept.noteSize(size, end)
		s.screen.Resize(vt.Size(size))
	}
	s.info.Size = size
	return before
}

var (
	errNoScreen     = errors.New("the session has no terminal, and shows nothing")
	errScreenFailed = errors.New("the session's screen model has failed; the server's log says how")
)

// leading is what the handler was told of who leads a session.
type leading struct {
	mu   sync.Mutex     // orders what the handler is told; taken before session.mu
	told *AttachOptions // the leader's
}

// unknownLeader is who led a session in the server before.
var unknownLeader = &AttachOptions{}

// storeLater has the session stored as it will be then, or forgotten if it has
// ended.
func (s *session) storeLater() {
	if s.persists() != PersistNothing {
		s.m.storing.later(s, nil)
	}
}

// persists is what of the session is to be on disk.
func (s *session) persists() Persist {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info.Persist
}

// storeHistory has what was printed stored, if that is wanted and there is more
// than is stored. It is called every IdleAfter while there is output, and once
// more when there is none.
func (s *session) storeHistory() {
	if s.persists() != PersistHistory || s.ended() {
		return
	}
	_, end := s.log.Offsets()
	s.stored.mu.Lock()
	more := end != s.stored.offset
	s.stored.mu.Unlock()
	if more {
		s.storeLater()
	}
}

// dueAgain reports whether the session's program is to be started again.
func (s *session) dueAgain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.respawnDue
}

// lastOutput is where the output ends, and when something was printed last.
func (s *session) lastOutput() (end int64, at time.Time) {
	_, end = s.log.Offsets()
	return end, time.Unix(0, s.activity.at.Load())
}

// noteExpiry tells whoever is attached, and those who watch, that the session ends
// soon, and returns where the program's output goes on behind that.
func (s *session) noteExpiry(ttl, left time.Duration) int64 {
	s.m.events.add(Event{Kind: EventExpiring, Session: s.id, Name: s.name()})
	// A notification, which is no part of any screen; and a line, where that does
	// not disturb what a program has drawn.
	text := fmt.Sprintf("not used for %s: this session ends in %s; a key keeps it", (ttl - left).Round(time.Second), left.Round(time.Second))
	told := "\x1b]9;xsh: " + text + "\a"
	if s.screen == nil {
		told = "xsh: " + text + "\n"
	} else if snap, _ := s.screen.Sized(); snap != nil && !snap.AltScreen() {
		told += "\r\nxsh: " + text + "\r\n"
	}
	_, end := s.log.Offsets()
	s.log.Append(outlog.Source(StreamTargetStdOut), []byte(told))
	return end + int64(len(told))
}

// expire ends the session because nobody uses it.
func (s *session) expire() {
	s.mu.Lock()
	s.expired = true
	s.mu.Unlock()
	s.m.log.Info("a session that nobody uses is ended", "session", s.id, "ttl", s.info.TTL)
	s.cancel()
}
