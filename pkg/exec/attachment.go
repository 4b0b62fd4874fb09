package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
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

// Keepalive is what an Outlet also is whose receiver says something from time to
// time, whatever happens.
type Keepalive interface {
	// SilentSince is since when the receiver should have said something, and has
	// not; zero if it has. It does not wait.
	SilentSince() time.Time
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
	pixels   Pixels // the same in pixels, if known
	lastUsed int64  // counts up with each use of the session
	end      End
	moveTo   string // with EndEvicted: the session that it is to attach to instead

	since, usedAt time.Time // when it attached and last typed

	leads atomic.Bool // it is the leader; changed with session.mu held, and read without
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

// frameSize is the size to draw frames for.
func (a *Attachment) frameSize() Size {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.client.size == (Size{}) {
		return a.s.info.Size
	}
	return a.client.size
}

// missed notes that the client was not sent the output before an offset.
func (a *Attachment) missed(before int64) {
	s := a.s
	s.mu.Lock()
	answers := s.questions.miss(&a.client.asked, before, s.m.clock.Now())
	s.mu.Unlock()
	s.answer(answers)
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

// A client is behind when its line would take longer than farBehind for what
// the log has for it. It is then drawn frames, of which those that are out of
// date are never sent.
const (
	farBehind  = 300 * time.Millisecond
	littleLeft = 8 << 10 // is sent as it is, however slow the line

	// pausesFor is how long a program has printed nothing when it pauses. One that
	// draws its screen five times a second does not in between.
	pausesFor = time.Second
)

func (a *Attachment) behind() bool {
	lag := a.reader.Lag()
	if a.view.shows == showsFrames { // until the program pauses
		return a.view.slow && (lag > 0 || a.s.m.clock.Now().Sub(a.view.framed) < pausesFor)
	}
	a.view.slow = a.slowFor(lag)
	return a.view.slow
}

// slowFor tells whether the client's line is too slow for n bytes more.
func (a *Attachment) slowFor(n int64) bool {
	line, ok := a.out.(Line)
	return ok && !a.plain && n > littleLeft && line.Delay(n) > farBehind
}

// mayUseClipboard tells whether the program may use the clipboard of the client's
// terminal. What the plain contract sends is its host's business.
func (a *Attachment) mayUseClipboard() bool {
	switch a.view.clipboard {
	case ClipboardNone:
		return a.plain || a.opts.Headless
	case ClipboardAll:
		return true
	default:
		return a.client.leads.Load() || a.plain || a.opts.Headless
	}
}

// spoiled returns output, which is the caller's own, as the client's terminal may have it.
func (a *Attachment) spoiled(output []byte) []byte {
	if !a.mayUseClipboard() {
		a.view.filter.spoil(output)
	}
	return output
}

// silentSince is since when nothing was heard of the client, though it should have
// been.
func (a *Attachment) silentSince() time.Time {
	if k, ok := a.out.(Keepalive); ok {
		return k.SilentSince()
	}
	return time.Time{}
}
