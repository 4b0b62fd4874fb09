package exec

import (
	"context"
	"sync"
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

// attachment is one client's live link to one session. Its goroutine pulls
// from the session's log, from its own offset and at its client's pace.
type attachment struct {
	s         *session
	requester string
	readOnly  bool

	ctx    context.Context // ends when the client is no longer attached
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
	after  *attachment   // the one it replaces; it sends nothing before that is done

	// Guarded by session.mu.
	size     Size
	offset   int64  // where to start; the goroutine's own once it runs
	to       outlet // nil until its client opens a stream
	detached bool   // ended by another client
	lastUsed int64  // counts up with each input and attach
}

// run sends the session's output until the attachment or the session ends.
func (a *attachment) run() {
	defer close(a.done)
	if a.after != nil {
		<-a.after.done
		a.after = nil
	}
	more := a.s.log.subscribe()
	defer a.s.log.unsubscribe(more)
	for {
		select {
		case <-more:
		case <-a.ctx.Done():
			a.sayDetached()
			return
		}
		if ended := a.sendAll(); ended {
			a.sayEnded()
			return
		}
	}
}

// sendAll sends what the log holds. It reports whether that was all there
// will ever be.
func (a *attachment) sendAll() (ended bool) {
	for a.ctx.Err() == nil {
		data, target, ended, err := a.s.log.next(a.offset, maxChunk)
		out := StreamOutput{SessionID: a.s.id, Data: data, Target: target, Offset: a.offset}
		switch {
		case err != nil: // fell out of the buffer: show what is there now
			out.Data, out.Offset = a.s.replay(ReplayScreen)
			a.offset = out.Offset
		case len(data) == 0:
			return ended
		default:
			a.offset += int64(len(data))
		}
		if !a.to.send(a.ctx, out) {
			return false
		}
	}
	return false
}

// sayEnded tells the client how the session ended.
func (a *attachment) sayEnded() {
	for _, out := range a.s.closing() {
		a.to.send(a.ctx, out)
	}
}

// sayDetached tells the client that another one ended its attachment. A client
// that detached by itself is told nothing.
func (a *attachment) sayDetached() {
	a.s.mu.Lock()
	detached := a.detached
	a.s.mu.Unlock()
	if detached {
		a.to.send(context.Background(), StreamOutput{
			SessionID: a.s.id, Signal: StreamSignalClose, Offset: a.offset, Detached: true,
		})
	}
}

// stream is one open Stream call.
type stream struct {
	requester string
	ctx       context.Context
	out       *ChannelSink
	senders   sync.WaitGroup // goroutines that send on out
}

func (st *stream) send(ctx context.Context, output StreamOutput) bool {
	return st.out.send(ctx, output)
}
