package exec

import (
	"context"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// Outlet is where an attachment's output goes. Send delivers one piece; it
// waits for the receiver until ctx ends, and reports whether it was taken. It is
// called by one goroutine at a time. An Outlet may be a Line as well.
type Outlet interface {
	Send(ctx context.Context, output StreamOutput) bool
}

// Line is what an Outlet also is that can tell how its receiver keeps up.
type Line interface {
	// TrySend delivers output without waiting for anything, or not at all. It
	// is never called while Send is.
	TrySend(output StreamOutput) bool
	// Chunk is how many bytes one Send should carry at the most.
	Chunk() int
	// Delay is about how long the receiver takes for n bytes more than it was
	// sent; 0 if nobody knows.
	Delay(n int64) time.Duration
}

// Attachment is one client's live link to one session. Whatever the client is,
// it types and resizes through the Attachment, and what its terminal is to show
// goes to the Outlet that it was opened with. Its methods may be called
// concurrently; Detach, or the end of the session or of its manager, ends it.
//
// Its goroutine serves the client in one of two ways: it tails the log, from
// its own offset and at its client's pace, or it draws frames from the screen.
// While there is nothing that the client has not been sent, the goroutine sleeps:
// what the program prints then is sent by whoever read it.
type Attachment struct {
	s     *session
	opts  AttachOptions
	plain bool // attached by the plain contract
	out   Outlet
	begin beginning

	life   context.Context // ends when the client is no longer attached
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
	news   chan struct{} // receives when its size or the session's has changed
	reader *outlog.Reader

	typing *typing
	client client // guarded by session.mu

	// mu is held while the client is being sent something, which may take as
	// long as the client likes. Whoever must not wait only tries it.
	mu   sync.Mutex
	view view
}

// beginning is what a new attachment begins with; immutable but for rest.
type beginning struct {
	replay  []byte
	rest    func() []byte // of the replay: sent before anything else
	inTwo   bool          // there was a rest
	drawn   chan struct{} // closed when the attach has its replay
	offset  int64
	resumed bool
	// typedUnknown: how far the client's input got is not known any more.
	typedUnknown bool
	after        *Attachment // the one that it takes the place of: nothing is sent before that is done
}

// client is what the session knows of an attachment's client.
type client struct {
	asked
	size     Size
	lastUsed int64 // counts up with each use of the session
	end      End
	moveTo   string // with EndEvicted: the session that it is to attach to instead

	since, usedAt time.Time // when it attached and last typed
}

// End is why an attachment ended.
type End int

// The ends of an attachment.
const (
	// EndNone: it has not ended.
	EndNone End = iota
	// EndDetached: its client detached, or was lost.
	EndDetached
	// EndEvicted: somebody else ended it.
	EndEvicted
	// EndSession: the session ended, and the client was told how.
	EndSession
)

// Session returns the session as it is now.
func (a *Attachment) Session() *Session { return a.s.snapshot() }

// Replay is what the client's terminal is to show before the Outlet's output.
func (a *Attachment) Replay() []byte { return a.begin.replay }

// Offset is that of the first byte that goes to the Outlet.
func (a *Attachment) Offset() int64 { return a.begin.offset }

// Resumed reports whether the output goes on where the client asked it to.
func (a *Attachment) Resumed() bool { return a.begin.resumed }

// Rest reports whether Replay is the screen alone, and the rest of the replay is
// the first that goes to the Outlet.
func (a *Attachment) Rest() bool { return a.begin.inTwo }

// Done is closed when the Outlet gets nothing more.
func (a *Attachment) Done() <-chan struct{} { return a.done }

// Why tells why the attachment ended.
func (a *Attachment) Why() End {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.client.end
}

// run is the attachment's goroutine, to which mu was handed over. It sends the
// session's output until the attachment or the session ends. A
// fault in drawing ends the attachment and nothing else.
func (a *Attachment) run() {
	defer close(a.done)
	defer a.mu.Unlock()
	defer a.cancel() // under mu: nobody pushes any more
	defer a.reader.Close()
	if after := a.begin.after; after != nil {
		<-after.done
		a.begin.after = nil
	}
	err := guard("an attachment", func() error {
		a.serve()
		return nil
	})
	if err != nil {
		a.s.m.log.Error("an attachment failed", "session", a.s.id, "error", err)
		a.out.Send(a.life, StreamOutput{SessionID: a.s.id, Signal: StreamSignalClose, Detached: true})
		a.s.detach(func(b *Attachment) bool { return b == a }, EndEvicted)
		a.s.followLeader()
	}
}

// serve is run without its beginning and its end. The caller holds mu, which
// is let go while there is nothing to send.
func (a *Attachment) serve() {
	for a.life.Err() == nil {
		ended := false
		do, change := a.decide()
		switch do {
		case sendRest:
			a.sendRest()
		case drawScreen:
			a.drawScreen(change)
		case drawFrames:
			ended = a.frames()
		case tailLog:
			ended = a.tail()
		}
		if ended {
			a.sayEnded()
			return
		}
	}
	a.sayDetached()
}

// decide says what to send next, from where the session last changed its size;
// change is the offset of that, if the client is stopped there.
func (a *Attachment) decide() (do step, change int64) {
	s := a.s
	behind := a.behind()
	s.mu.Lock()
	defer s.mu.Unlock()
	do = a.view.next(situation{
		client: a.client.size, session: s.info.Size, sizes: s.sizes(),
		model: s.screen.Works(), frames: !a.plain, ended: s.ended(), behind: behind,
		now: s.m.clock.Now(),
	})
	if do == sendRest { // drawn for the size that the client attached with
		return do, outlog.Nowhere
	}
	a.client.drawn = do == drawFrames
	a.view.size, a.view.sizes = a.client.size, s.sizes()
	change = a.reader.Stopped()
	if do == tailLog || do == drawScreen { // before the next change can stop it
		a.reader.Pass()
	}
	return do, change
}

// tail sends what the program prints. It returns when something has changed
// that may have the client served in another way, and reports whether the
// session has ended and everything was sent.
func (a *Attachment) tail() (ended bool) {
	for {
		if ended, again := a.sendAll(); ended || again {
			return ended
		}
		a.mu.Unlock()
		woken := false
		select {
		case <-a.reader.Wake:
			woken = true
		case <-a.news:
		case <-a.life.Done():
		}
		a.mu.Lock()
		if !woken {
			return false
		}
	}
}

// sendAll sends what the log holds. It reports whether that was all there will
// ever be, or whether the client is to be served in another way.
func (a *Attachment) sendAll() (ended, again bool) {
	for a.life.Err() == nil {
		data, at, source, ended, err := a.reader.Next(a.chunk())
		switch {
		case err != nil: // fell out of the log: show what is there now
			a.redraw(a.resetTerminal(), vt.Mark{})
			return false, true
		case len(data) == 0:
			return ended, false
		case !a.send(data, StreamTarget(source), at) || a.behind():
			return false, true
		}
	}
	return false, true
}

// maxChunk bounds one StreamOutput: large enough that a message costs little
// beside its bytes, small enough to share a stream fairly.
const maxChunk = 64 << 10

func (a *Attachment) chunk() int {
	if line, ok := a.out.(Line); ok {
		return min(line.Chunk(), maxChunk)
	}
	return maxChunk
}

// send sends output, and keeps it if the attachment ends before it could.
func (a *Attachment) send(data []byte, target StreamTarget, at int64) bool {
	a.view.shows = showsLog
	if a.out.Send(a.life, StreamOutput{SessionID: a.s.id, Data: data, Target: target, Offset: at}) {
		return true
	}
	a.view.unsent = data
	return false
}

// push sends the client what was just appended, in the goroutine that read it
// from the program: it waits for nothing. It reports whether the client has all
// that there is; if not, the attachment's goroutine sees to it.
func (a *Attachment) push() bool {
	line, ok := a.out.(Line)
	if !ok || !a.mu.TryLock() {
		return false
	}
	defer a.mu.Unlock()
	if a.view.shows != showsLog || a.life.Err() != nil {
		return false
	}
	buf := readBuffers.Get().(*[readChunk]byte)
	defer readBuffers.Put(buf)
	n, at, source, err := a.reader.Copy(buf[:])
	if err != nil || n == 0 {
		return false
	}
	// First the position: an answer of the client's terminal may come at once, and
	// is judged by what the client was sent.
	a.reader.Skip(n)
	if !line.TrySend(StreamOutput{SessionID: a.s.id, Data: buf[:n], Target: StreamTarget(source), Offset: at}) {
		a.reader.Skip(-n)
		return false
	}
	return a.reader.Lag() == 0
}

// A client is behind when its line would take longer than farBehind for what
// the log has for it. It is then drawn frames, of which those that are out of
// date are never sent.
const (
	farBehind  = 300 * time.Millisecond
	littleLeft = 16 << 10 // is sent as it is, however slow the line
)

func (a *Attachment) behind() bool {
	line, ok := a.out.(Line)
	if !ok || a.plain {
		return false
	}
	lag := a.reader.Lag()
	if a.view.shows == showsFrames { // until the program pauses
		return a.view.slow && lag > 0
	}
	a.view.slow = lag > littleLeft && line.Delay(lag) > farBehind
	return a.view.slow
}
