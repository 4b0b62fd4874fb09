package client

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
)

// LinkConfig says how a program without a terminal attaches.
type LinkConfig struct {
	// Create and OrExisting are as in AttachConfig.
	Create     *exec.SessionOptions
	OrExisting bool
	// Options go to the server. A Size makes the session's that of the program;
	// without one the session keeps its own.
	Options exec.AttachOptions
	// Reconnect and Redial are as in AttachConfig.
	Reconnect time.Duration
	Redial    Dialer
}

// Output is a piece of what an attachment shows.
type Output struct {
	Data []byte
	// Offset is that of the first byte in the session's output, or, with Drawn,
	// that at which the screen was taken.
	Offset int64
	// Drawn marks data that was made from the session's screen, such as the
	// replay that comes first and what follows a break that lasted too long. With
	// the last of a drawing Whole is set: the output goes on at Offset.
	Drawn, Whole bool
	// Stderr marks what came from a program's standard error, where that has no
	// terminal.
	Stderr bool
}

// Link is an attachment of a program that has no terminal: it gets what the
// session prints, and may type. Questions that the session's program asks its
// terminal are answered by the session. A connection that breaks is dialled again,
// as LinkConfig says, without loss. All methods may be called concurrently.
//
// Whoever opens a Link calls Close, and Receive until it fails: a Link whose
// output nobody takes stands still, and only that.
type Link struct {
	waker *rawtty.Waker
	done  chan struct{} // closed when the loop has ended; outcome is valid then

	mu      sync.Mutex // guards the fields below
	changed *sync.Cond
	out     []Output
	held    int // bytes of out
	typing  []byte
	room    int // how much of typing the link takes
	size    *exec.Size
	leave   bool // Detach was called
	quit    bool // Close was called
	over    bool
	session *exec.Session
	offset  int64
	outcome Outcome
}

// Open attaches to a session without a terminal. ctx is for opening alone.
func (c *Client) Open(ctx context.Context, session string, cfg LinkConfig) (*Link, error) {
	options := cfg.Options.ToProto()
	options.Headless = true
	request, err := newRequest(session, cfg.Create, cfg.OrExisting, options)
	if err != nil {
		return nil, err
	}
	waker, err := rawtty.NewWaker()
	if err != nil {
		return nil, err
	}
	dial := cfg.Redial
	if dial == nil {
		dial = c.conn.dial
	}
	inner := newLink(dial, waker, request, usualTimes(cfg.Reconnect))
	inner.release = c.conn.release
	spare := c.conn.takeSpare()
	if spare == nil {
		if spare, err = c.conn.dial(ctx); err != nil {
			waker.Close()
			return nil, err
		}
	}
	l := &Link{waker: waker, done: make(chan struct{}), room: maxTyped}
	l.changed = sync.NewCond(&l.mu)
	opened := make(chan error, 1)
	go func() { // ends with the link; Close waits for it
		defer close(l.done)
		defer inner.close()
		inner.begin(spare, time.Now())
		l.run(inner, opened)
	}()
	select {
	case err = <-opened:
	case <-ctx.Done():
		err = &WaitError{What: "the server's answer", Err: ctx.Err()}
	}
	if err != nil {
		l.Close()
		return nil, exec.ErrorFromStatus(err, session)
	}
	c.conn.greeted(inner.hello)
	return l, nil
}

// run is the link's loop. It says on opened how the first attach went.
func (l *Link) run(inner *link, opened chan<- error) {
	for {
		now := time.Now()
		wait := time.Duration(-1)
		if at := inner.deadline(); !at.IsZero() {
			wait = max(at.Sub(now), 0)
		}
		full := l.full()
		fds := [...]rawtty.Ready{{FD: l.waker.FD(), Read: true}, inner.wants(full)}
		err := rawtty.Wait(fds[:], wait)
		now = time.Now()
		if err != nil {
			inner.over(err)
		}
		if fds[0].CanRead {
			l.waker.Clear()
		}
		if fds[1].CanRead {
			inner.receive(now)
		}
		ended := l.happened(inner, now, opened)
		inner.tick(now, full)
		ended = l.asked(inner, now) || ended
		inner.send(now)
		ended = l.happened(inner, now, opened) || ended
		if ended {
			l.end(inner)
			return
		}
	}
}

// full reports whether too much output waits for Receive.
func (l *Link) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held > maxPending
}

// asked does what the methods were called for, and reports whether that is the
// end.
func (l *Link) asked(inner *link, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := min(len(l.typing), inner.typed.room()); n > 0 {
		inner.typed.add(l.typing[:n], false)
		l.typing = l.typing[:copy(l.typing, l.typing[n:])]
	}
	if room := inner.typed.room() - len(l.typing); room != l.room {
		l.room = room
		l.changed.Broadcast()
	}
	if l.size != nil {
		inner.resize(sizeToProto(rawtty.Size{Rows: l.size.Rows, Cols: l.size.Cols}))
		l.size = nil
	}
	l.offset = inner.offset
	if l.leave && inner.phase != phaseLeaving && inner.phase != phaseOver && !inner.detach(now) {
		return true
	}
	return l.quit
}

// happened passes on what happened on the link, and reports whether that is the
// end of it.
func (l *Link) happened(inner *link, now time.Time, opened chan<- error) (ended bool) {
	for {
		e := inner.next(now)
		if e.kind == eventNone {
			return ended
		}
		l.mu.Lock()
		switch e.kind {
		case eventAttached:
			first := l.session == nil
			if p := e.reply.GetSession(); p != nil {
				l.session = exec.NewSessionFromProto(p)
			}
			if first || !e.resumed {
				l.add(Output{Data: e.reply.GetBuffer(), Offset: inner.offset, Drawn: true, Whole: inner.whole})
			}
			select {
			case opened <- nil:
			default:
			}
		case eventOutput:
			o := e.output
			l.add(Output{
				Data: append([]byte(nil), o.Data...), Offset: o.Offset,
				Drawn: o.Flags&stream.Drawn != 0, Whole: o.Flags&stream.Whole != 0, Stderr: o.Flags&stream.Stderr != 0,
			})
			inner.tookOutput(len(o.Data), false)
		case eventFailure:
			l.outcome.Failure = e.end.Error
		case eventEnded:
			l.outcome.Reason, l.outcome.Exit = ReasonEnded, e.end.Exit
			if e.end.Detached {
				l.outcome.Reason = ReasonEvicted
			}
			ended = true
		case eventDetached:
			l.outcome.Reason, ended = ReasonDetached, true
		case eventOver:
			if l.session == nil {
				opened <- e.err
			}
			if !l.leave {
				l.outcome.Reason, l.outcome.Err = ReasonLost, e.err
			}
			ended = true
		}
		l.mu.Unlock()
	}
}

// add keeps output for Receive. The caller holds mu.
func (l *Link) add(o Output) {
	l.out = append(l.out, o)
	l.held += len(o.Data)
	l.changed.Broadcast()
}

func (l *Link) end(inner *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.outcome.Session = l.session
	l.outcome.Unsure = inner.lost
	if l.outcome.Reason == ReasonLost {
		l.outcome.Unsure += inner.typed.sent
		l.outcome.Undelivered = inner.typed.unsent() + len(l.typing)
	}
	l.changed.Broadcast()
}

// Session is the session as it was when the link was opened, or opened again.
func (l *Link) Session() *exec.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

// Receive waits for output and returns it; the first is the replay, which is empty
// where the link goes on from an offset that it asked for. When the link has ended it
// returns io.EOF, behind all output. The caller owns the data.
func (l *Link) Receive() (Output, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.out) == 0 && !l.over {
		l.changed.Wait()
	}
	if len(l.out) == 0 {
		return Output{}, io.EOF
	}
	o := l.out[0]
	l.out[0] = Output{}
	l.out = l.out[1:]
	if before := l.held; before > maxPending && before-len(o.Data) <= maxPending {
		l.wake()
	}
	l.held -= len(o.Data)
	return o, nil
}

// ErrLinkEnded is returned by the methods of a Link that has ended.
var ErrLinkEnded = errors.New("the attachment has ended")

// Type sends input to the session's program. It waits while more is under way
// than a link keeps. p is the caller's again when it returns.
func (l *Link) Type(p []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(p) > 0 {
		for l.room <= 0 && !l.over && !l.leave {
			l.changed.Wait()
		}
		if l.over || l.leave {
			return ErrLinkEnded
		}
		n := min(len(p), l.room)
		l.typing = append(l.typing, p[:n]...)
		l.room -= n
		p = p[n:]
		l.wake()
	}
	return nil
}

// Resize makes this the size of the link's client, and so of the session while
// the link leads.
func (l *Link) Resize(size exec.Size) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size = &size
	l.wake()
}

// Offset is up to where output has come, whether Receive has returned it or not.
func (l *Link) Offset() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offset
}

// Detach ends the attachment, behind what was typed, and waits for that. Output
// that came is still there for Receive.
func (l *Link) Detach(ctx context.Context) error {
	l.mu.Lock()
	l.leave = true
	l.changed.Broadcast()
	l.wake()
	l.mu.Unlock()
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return &WaitError{What: "the server to answer a detach", Err: ctx.Err()}
	}
}

// Done is closed when the link has ended; Outcome then tells how.
func (l *Link) Done() <-chan struct{} { return l.done }

// Outcome is how the link ended. Before Done is closed it says nothing.
func (l *Link) Outcome() Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outcome
}

// Close ends the link at once, if it has not ended, and releases what it holds.
// It may be called twice.
func (l *Link) Close() {
	l.mu.Lock()
	first := !l.quit
	l.quit = true
	l.wake()
	l.mu.Unlock()
	<-l.done
	if first {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waker.Close()
		l.waker = nil
	}
}

// wake has the loop look again. The caller holds mu.
func (l *Link) wake() {
	if l.waker != nil {
		l.waker.Wake()
	}
}
