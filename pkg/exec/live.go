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
// removed. It ends once; its log and status can be read until it is removed.
// Lock order: Manager.mu, then sizing, then mu, then the screen's, then the
// log's.
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
	stopped := s.handler.Stopped != nil && s.handler.Stopped(s.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.info.clone()
	if v.Exit == nil {
		v.Clients = len(s.attachments)
		v.Attached = v.Clients > 0
		v.Stopped = stopped
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
