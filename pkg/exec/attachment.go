package exec

import (
	"context"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/vt"
)

// maxChunk bounds one StreamOutput: large enough that a message costs little
// beside its bytes, small enough to share a stream fairly.
const maxChunk = 64 << 10

// outlet is where an attachment's output goes. send waits for the receiver
// until ctx ends, and reports whether it took the output.
type outlet interface {
	send(ctx context.Context, output StreamOutput) bool
}

// sinkOutlet sends to an OutputSink that was configured.
type sinkOutlet struct{ sink OutputSink }

func (o *sinkOutlet) send(_ context.Context, output StreamOutput) bool {
	o.sink.OnOutput(output)
	return true
}

// attachment is one client's live link to one session. Its goroutine serves the
// client in one of two ways: it tails the log, from its own offset and at its
// client's pace, or, where the client's size is not the session's, it draws
// frames from the screen model.
type attachment struct {
	s          *session
	requester  string
	plain      bool // attached by the plain contract
	readOnly   bool
	syncOutput bool

	ctx    context.Context // ends when the client is no longer attached
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
	after  *attachment   // the one it replaces; it sends nothing before that is done
	resize chan struct{} // receives when its size or the session's has changed

	log *logReader // where it is in the output

	// The goroutine's own, until done is closed.
	fresh    bool          // nothing was sent yet, not even a replay
	rest     func() []byte // of the replay, which is sent before anything else
	torn     bool          // it was sent a part of that
	stale    bool          // its terminal shows another screen than it is about to go on with
	turn     int64         // where it stopped for a new size, or nowhere
	drawnAt  time.Time     // when it was last sent a screen to tail on from
	renderer *vt.Renderer  // while it draws frames
	mark     vt.Mark       // of what its terminal shows below them, if known
	unsent   []byte        // was due to be sent when the attachment ended

	typing  sync.Mutex // orders what the client types; guards the fields below
	scanner termin.Tokenizer
	pieces  []termin.Token
	sifted  int  // counts its inputs
	goesOn  bool // the answer that came last went to the program

	// Guarded by session.mu.
	size      Size
	to        outlet // nil until its client opens a stream
	detached  bool   // ended by another client
	lastUsed  int64  // counts up with each input and attach
	drawn     bool   // it is being sent frames
	sized     Size   // the size, and how many the session had had, when it was
	sizes     int64  // last decided how to serve it
	hearsFrom int64  // the program's questions from this offset on reach its terminal
}

// run sends the session's output until the attachment or the session ends. A
// fault in drawing ends the attachment and nothing else.
func (a *attachment) run() {
	defer close(a.done)
	defer a.log.close()
	if a.after != nil {
		<-a.after.done
		a.after = nil
	}
	err := guard("an attachment", func() error {
		a.serve()
		return nil
	})
	if err != nil {
		a.s.m.log.Error("an attachment failed", "session", a.s.id, "error", err)
		a.to.send(a.ctx, StreamOutput{SessionID: a.s.id, Signal: StreamSignalClose, Detached: true})
		a.s.detach(func(b *attachment) bool { return b == a }, false)
		a.s.settle()
	}
}

// serve is run without its beginning and its end.
func (a *attachment) serve() {
	if a.rest != nil {
		a.sendRest()
	}
	for a.ctx.Err() == nil {
		way := a.tail
		if a.draws() {
			way = a.frames
		} else if a.stale && !a.refresh() {
			continue
		}
		if ended := way(); ended {
			a.sayEnded()
			return
		}
	}
	a.sayDetached()
}

// crossing is how long a screen may be on its way to a client's terminal.
const crossing = 250 * time.Millisecond

// draws decides how the client is served from where the session last changed
// its size. A client that is to tail is stale if it was shown nothing, since
// frames were to do that; if the session had another size for a moment, in
// which its terminal took no part; or if its terminal took on this size while
// a screen was on its way that was drawn for the one before.
func (a *attachment) draws() bool {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	a.drawn = s.differs(a)
	missed := a.size != (Size{}) && a.size == a.sized && s.sizes != a.sizes
	crossed := a.size != (Size{}) && a.size != a.sized && s.m.clock.Now().Sub(a.drawnAt) < crossing
	a.stale = !a.drawn && s.screen.works() && (a.fresh || missed || crossed)
	a.sized, a.sizes = a.size, s.sizes
	if a.turn = a.log.stopped(); !a.drawn {
		a.log.pass()
	}
	return a.drawn
}

// tail sends what the program writes, until frames must be drawn. It reports
// whether the session has ended and everything was sent.
func (a *attachment) tail() (ended bool) {
	for {
		select {
		case <-a.log.wake:
			if ended := a.sendAll(); ended {
				return true
			}
		case <-a.resize:
			if a.draws() || a.stale && !a.refresh() {
				return false
			}
		case <-a.ctx.Done():
			return false
		}
	}
}

// sendAll sends what the log holds. It reports whether that was all there
// will ever be.
func (a *attachment) sendAll() (ended bool) {
	for a.ctx.Err() == nil {
		data, at, target, ended, err := a.log.next(maxChunk)
		switch {
		case err != nil: // fell out of the buffer: show what is there now
			if !a.redraw([]byte(resetTerminal), vt.Mark{}) {
				return false
			}
		case len(data) == 0:
			return ended
		case !a.send(data, target, at):
			return false
		}
	}
	return false
}

// send sends output, and keeps it if the attachment ends before it could.
func (a *attachment) send(data []byte, target StreamTarget, at int64) bool {
	a.fresh = false
	if a.to.send(a.ctx, StreamOutput{SessionID: a.s.id, Data: data, Target: target, Offset: at}) {
		return true
	}
	a.unsent = data
	return false
}
