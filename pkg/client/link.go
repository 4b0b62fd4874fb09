package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/plainpb"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

const (
	// lastWait bounds the way out: for the server to answer a detach, and for a
	// terminal that has stopped taking output.
	lastWait = 500 * time.Millisecond

	// shownStep is how much is shown before the server is told, and shownEvery how
	// often it is told at the most: each time wakes it.
	shownStep  = 4 << 10
	shownEvery = time.Millisecond

	// The times between two tries to connect again: the first, the longest, and
	// the longest for a server that was there a moment ago.
	minBackOff   = 5 * time.Millisecond
	maxBackOff   = 2 * time.Second
	shortBackOff = 100 * time.Millisecond

	// maxOut bounds what waits for a connection that takes nothing.
	maxOut = maxUnsent + 2*stream.MaxData
)

// times are those that a connection is judged by. They are fields for tests.
type times struct {
	answer    time.Duration // until the server says that it is there
	ping      time.Duration // without a word, until it is asked
	silence   time.Duration // without a word, until the connection counts as broken
	reconnect time.Duration // how long a broken connection is dialled again; 0: not at all
}

func usualTimes(reconnect time.Duration) times {
	return times{answer: answerWait, ping: 10 * time.Second, silence: 20 * time.Second, reconnect: reconnect}
}

// phase is where a link is.
type phase int

const (
	phaseDialing  phase = iota // a goroutine connects
	phaseGreeting              // Attach was sent, and is not answered
	phaseAttached
	phaseLeaving // Detach was sent, and is not answered
	phaseWaiting // until the next try to connect
	phaseOver
)

// eventKind is what happened on a link.
type eventKind int

const (
	eventNone     eventKind = iota
	eventAttached           // reply; resumed says that the terminal shows all before it
	eventOutput             // output
	eventFailure            // end: what went wrong, before eventEnded
	eventEnded              // end
	eventDetached           // reply, the answer to detach
	eventBroken             // the connection broke and is dialled again
	eventOver               // err: there will be no more
	eventTold               // told: what the session's program is at
)

type event struct {
	kind    eventKind
	reply   *execpb.AttachSessionResponse
	resumed bool
	output  stream.OutputFrame // its data is valid until the next receive
	told    *execpb.Session
	end     exec.StreamOutput
	err     error
}

// link is the client's side of one attachment, over as many connections as it
// takes. What outlives a connection is here: who the client is, what it typed,
// and up to where its terminal shows the log. One goroutine uses it. That one
// waits for what wants says, calls receive, send and tick, and takes the events
// that next returns until there are none.
type link struct {
	dial    Dialer
	release string
	times   times
	waker   *rawtty.Waker // wakes the loop when a dial has ended
	request *xshpb.Attach // what the next connection asks for

	typed typed
	// whole says that all of the log before offset is shown, so that the next
	// connection can go on there.
	offset int64
	whole  bool
	lost   int // bytes typed of which it is not known whether they arrived

	phase    phase
	attached bool      // once, over some connection
	due      time.Time // when phase has lasted too long
	events   []event   // to be returned before what is in the reader

	conn    *descriptor // nil without a connection
	from    greeting
	in      stream.Reader
	out     []byte // to be sent
	hello   *xshpb.Hello
	heard   time.Time // when something came last
	pinged  bool      // since then
	shown   int64     // bytes of this connection's output that the terminal took
	told    int64     // how many of them the server knows of
	toldAt  time.Time // when it was told
	tells   bool      // it is to be told
	since   time.Time // when the last attachment began
	broken  time.Time // when the first connection of a row broke; zero while one works
	backOff time.Duration

	ctx     context.Context // ends dialling
	cancel  context.CancelFunc
	dialed  chan dialResult
	dialing sync.WaitGroup
}

type dialResult struct {
	conn net.Conn
	err  error
}

// newLink returns a link that has not begun. The caller closes it.
func newLink(dial Dialer, waker *rawtty.Waker, request *xshpb.Attach, t times) *link {
	l := &link{dial: dial, waker: waker, request: request, times: t, dialed: make(chan dialResult, 1)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// begin dials for the first time, or goes on with a connection that is there.
func (l *link) begin(spare net.Conn, now time.Time) {
	if spare != nil {
		l.greet(spare, now)
		return
	}
	l.redial(now)
}

// close ends all that the link has. It may be called at any time, and twice.
func (l *link) close() {
	l.phase = phaseOver
	l.cancel()
	l.hangUp()
	l.dialing.Wait()
	select {
	case r := <-l.dialed:
		if r.conn != nil {
			r.conn.Close()
		}
	default:
	}
}

func (l *link) hangUp() {
	if l.conn != nil {
		l.conn.close()
		l.conn = nil
	}
}

// wants says what to wait for. With full nothing more may come: the terminal
// does not take what came already.
func (l *link) wants(full bool) rawtty.Ready {
	if l.conn == nil {
		return rawtty.Ready{FD: -1}
	}
	return rawtty.Ready{FD: l.conn.fd, Read: !full, Write: len(l.out) > 0}
}

// deadline is when tick has something to do; zero if never.
func (l *link) deadline() time.Time {
	at := l.due
	if l.phase == phaseAttached {
		at = l.heard.Add(l.times.silence)
		if !l.pinged {
			at = l.heard.Add(l.times.ping)
		}
		if l.tells {
			at = l.toldAt.Add(shownEvery)
		}
	}
	return at
}

// tick does what time asks for.
func (l *link) tick(now time.Time, full bool) {
	select {
	case r := <-l.dialed:
		l.dialEnded(r, now)
	default:
	}
	l.tellShown(now)
	if at := l.deadline(); at.IsZero() || now.Before(at) {
		return
	}
	switch l.phase {
	case phaseGreeting:
		l.breaks(ErrNoAnswer, now)
	case phaseAttached:
		switch {
		case full: // it is we who do not listen
			l.heard = now
		case !l.pinged:
			l.pinged = true
			l.out = stream.Append(l.out, stream.Ping, make([]byte, 8))
		default:
			l.breaks(fmt.Errorf("%w: nothing came for %v", ErrNoAnswer, l.times.silence), now)
		}
	case phaseLeaving:
		l.over(errors.New("the server does not answer the detach"))
	case phaseWaiting:
		l.redial(now)
	}
}

// redial connects, in a goroutine that ends when the dialer returns.
func (l *link) redial(now time.Time) {
	l.phase, l.due = phaseDialing, time.Time{}
	limit := l.times.answer
	if !l.broken.IsZero() {
		limit = min(limit, l.times.reconnect-now.Sub(l.broken))
	}
	l.dialing.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, limit)
		defer cancel()
		var r dialResult
		defer func() {
			if p := recover(); p != nil { // it is the caller's function; the terminal is raw
				r = dialResult{err: fmt.Errorf("dial: panic: %v", p)}
			}
			l.dialed <- r
			l.waker.Wake()
		}()
		r.conn, r.err = l.dial(ctx)
	})
}

func (l *link) dialEnded(r dialResult, now time.Time) {
	switch {
	case l.phase != phaseDialing:
		if r.conn != nil {
			r.conn.Close()
		}
	case r.err != nil:
		l.breaks(r.err, now)
	default:
		l.greet(r.conn, now)
	}
}

// greet begins a connection: hello and attach in one write.
func (l *link) greet(conn net.Conn, now time.Time) {
	d, err := takeDescriptor(conn)
	if err != nil {
		l.over(err)
		return
	}
	l.conn, l.from, l.in, l.hello = d, greeting{from: d}, stream.Reader{}, nil
	l.phase, l.due, l.heard, l.pinged = phaseGreeting, now.Add(l.times.answer), now, false
	l.shown, l.told, l.tells = 0, 0, false
	o := l.request.GetOptions()
	o.InputOffset = l.typed.offset
	if l.attached { // before that it is as was asked for
		o.ResumeOffset = nil
	}
	if l.attached && l.whole {
		o.ResumeOffset = proto.Int64(l.offset)
	}
	attach, err := plainpb.Marshal(l.request)
	if err != nil {
		l.over(err)
		return
	}
	l.out = stream.Append(appendBeginning(l.out[:0], l.release), stream.Attach, attach)
	l.send(now)
}

// breaks takes in that the connection is of no use any more. It is dialled
// again, if there was an attachment and there is time left.
func (l *link) breaks(why error, now time.Time) {
	l.hangUp()
	switch {
	case l.phase == phaseOver:
		return
	case l.phase == phaseLeaving, !l.attached, l.times.reconnect <= 0, permanent(why):
		l.over(why)
		return
	case l.broken.IsZero():
		l.broken = now
		// One that attaches is there. It may break each time, though.
		l.backOff = min(l.backOff, shortBackOff)
		if now.Sub(l.since) > time.Second {
			l.backOff = 0
		}
		l.events = append(l.events, event{kind: eventBroken, err: why})
	case now.Sub(l.broken)+l.backOff >= l.times.reconnect:
		l.over(why)
		return
	}
	l.phase, l.due = phaseWaiting, now.Add(l.backOff)
	l.backOff = min(max(2*l.backOff, minBackOff), maxBackOff)
}

// permanent tells of what dialling again does not mend.
func permanent(err error) bool {
	if errors.Is(err, ErrOldServer) || errors.Is(err, ErrNotOurs) || errors.Is(err, stream.ErrProtocol) {
		return true
	}
	st, ok := status.FromError(err)
	return ok && err != nil && st.Code() != codes.Unavailable
}

func (l *link) over(err error) {
	if l.phase == phaseOver {
		return
	}
	l.hangUp()
	l.phase, l.due = phaseOver, time.Time{}
	l.events = append(l.events, event{kind: eventOver, err: err})
}

// receive reads once from the connection. It is called when that is ready and
// next has no event left.
func (l *link) receive(now time.Time) {
	if l.conn == nil {
		return
	}
	err := l.in.Fill(&l.from)
	switch {
	case err == nil:
		l.heard, l.pinged = now, false
	case errors.Is(err, errNotNow):
	case !l.attached && closed(err):
		l.breaks(ErrLeft, now)
	case errors.Is(err, io.EOF):
		l.breaks(errors.New("the server closed the connection"), now)
	default:
		l.breaks(err, now)
	}
}

// closed tells that the other side has closed the connection: in order, or with
// something unread, as one does that is killed.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// send writes what is to be sent, once.
func (l *link) send(now time.Time) {
	if l.phase == phaseAttached {
		l.out = l.typed.appendFrames(l.out)
	}
	if l.conn == nil || len(l.out) == 0 {
		return
	}
	n, err := l.conn.Write(l.out)
	l.out = l.out[:copy(l.out, l.out[n:])]
	switch {
	case err != nil && !errors.Is(err, errNotNow):
		// What the server sent before it went may say why.
		if l.phase != phaseGreeting {
			l.breaks(err, now)
		} else {
			l.out = l.out[:0]
		}
	case len(l.out) > maxOut:
		l.breaks(errors.New("the server does not read"), now)
	}
}

// resize tells the server of the terminal's size, and the next one too.
func (l *link) resize(size *typespb.Size) {
	l.request.GetOptions().Size = size
	if l.phase != phaseAttached && l.phase != phaseGreeting || size == nil {
		return
	}
	if p, err := plainpb.Marshal(size); err == nil {
		l.out = stream.Append(l.out, stream.Resize, p)
	}
}

// redraw has the next connection draw the screen anew, since the terminal shows
// something else by now.
func (l *link) redraw() { l.whole = false }

// detach asks the server to end the attachment, behind what was typed. It
// reports whether an answer can be waited for.
func (l *link) detach(now time.Time) bool {
	if l.phase != phaseAttached {
		return false
	}
	l.out = stream.Append(l.typed.appendFrames(l.out), stream.Detach, nil)
	l.phase, l.due = phaseLeaving, now.Add(lastWait)
	return true
}
