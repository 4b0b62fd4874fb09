package client

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/pkg/exec"
)

const (
	// escapeWait is how long an ESC may be the beginning of a key, keyWait how
	// long the detach key's first half is held back.
	escapeWait = 30 * time.Millisecond
	keyWait    = 500 * time.Millisecond

	// lastWait is how long the way out waits for the server to take what was
	// typed last, and for a terminal that has stopped taking output.
	lastWait = 500 * time.Millisecond

	// maxTyped is how much input is kept for a server that does not take it.
	maxTyped = 1 << 20
)

// attachment is one attach while it runs. Several goroutines work on it; each
// reports the end that it sees, and the first one counts.
type attachment struct {
	session *exec.Session
	tty     *rawtty.Terminal
	key     *typist
	in      chan exec.StreamInput
	recv    func() (exec.StreamOutput, error)
	suspend chan os.Signal // somebody asks the client to stop
	resize  func(exec.Size) error
	detach  func(context.Context) *exec.Detached
	drain   func()
	over    chan struct{} // closed when the stream has ended and was shown

	// Set before over is closed.
	left bool // the server's leave was written
	due  bool // the server waited for answers of the terminal

	ended chan Outcome // has room for every goroutine's
	fault sync.Map     // a panic of one of them, under key 0
}

// run joins the terminal and the session until something ends that, and leaves
// the terminal as a shell expects it.
func (a *attachment) run(ctx context.Context, replay []byte, hangUp func()) Outcome {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.over = make(chan struct{})
	typed := make(chan struct{})
	chunks := make(chan []byte)
	go a.part(func() { // ends with the stream
		defer close(a.over)
		a.show(replay)
	})
	go a.part(func() { // ends with tty.Cancel
		defer close(chunks)
		a.read(chunks, typed)
	})
	go a.part(func() { // ends with chunks, or after the detach key
		defer close(typed)
		a.send(ctx, chunks)
	})
	go a.part(func() { a.watch(ctx) }) // ends with ctx

	var out Outcome
	select {
	case out = <-a.ended:
	case <-ctx.Done():
		out.Reason = ReasonHangup
	}
	stop()
	a.tty.Cancel()
	<-typed
	d := a.goodbye(out.Reason)
	leave, due := d.Leave, d.AnswersDue
	close(a.in)
	// The server ends the stream once it has read all that was sent.
	late := time.AfterFunc(lastWait, hangUp)
	over := waitFor(a.over, 2*lastWait)
	if over && a.left {
		leave = nil
	} else if leave == nil {
		leave = []byte(leaveSequence)
	}
	late.Stop()
	// One that was stopped meanwhile finds the terminal in whatever mode; what
	// comes late is typed to its next attachment, which drops it.
	due = (due || over && a.due) && out.Reason != reasonResumed
	a.leave(leave, due)
	if p, ok := a.fault.Load(0); ok {
		panic(p) // with the terminal in order
	}
	return out
}

// part runs one goroutine's work. A panic in it ends the attachment like
// anything else; run raises it again.
func (a *attachment) part(f func()) {
	defer func() {
		if p := recover(); p != nil {
			a.fault.Store(0, fmt.Sprintf("%v\n%s", p, debug.Stack()))
			a.end(Outcome{Reason: ReasonHangup})
		}
	}()
	f()
}

func (a *attachment) end(o Outcome) {
	select {
	case a.ended <- o:
	default:
	}
}

// waitFor waits for done, but not longer than d: a terminal may never again
// take output. It reports whether done came.
func waitFor(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// goodbye detaches, where the server does not know yet that the attachment has
// ended, and returns what it says to leave the terminal with.
func (a *attachment) goodbye(why Reason) *exec.Detached {
	switch why {
	case ReasonEnded, ReasonEvicted, ReasonLost:
		return &exec.Detached{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWait)
	defer cancel()
	return a.detach(ctx)
}

// leave puts the terminal back: first what the program turned on, then, once
// the answers that are due have come, the attributes.
func (a *attachment) leave(sequence []byte, due bool) {
	done := make(chan struct{})
	go a.part(func() {
		defer close(done)
		if !due {
			a.tty.Write(sequence)
		} else if _, err := a.tty.Write(append(sequence, termin.FenceQuestion...)); err == nil {
			a.drain()
		}
	})
	waitFor(done, lastWait)
	a.tty.Restore()
}

// show writes the replay and then the stream to the terminal.
func (a *attachment) show(replay []byte) {
	_, err := a.tty.Write(replay)
	var failure *exec.StreamError
	for {
		o, lost := a.recv()
		switch {
		case lost != nil:
			a.end(Outcome{Reason: ReasonLost})
			return
		case o.SessionID != a.session.ID:
		case o.Signal == exec.StreamSignalError:
			failure = o.Error
		case o.Signal == exec.StreamSignalClose:
			_, err = a.tty.Write(o.Data)
			a.left, a.due = len(o.Data) > 0, o.AnswersDue
			a.end(closed(o, failure))
		case err == nil:
			_, err = a.tty.Write(o.Data)
		}
		if err != nil {
			a.end(Outcome{Reason: ReasonHangup})
		}
	}
}

// closed is the outcome that a closing output tells.
func closed(o exec.StreamOutput, failure *exec.StreamError) Outcome {
	if o.Detached {
		return Outcome{Reason: ReasonEvicted}
	}
	return Outcome{Reason: ReasonEnded, Exit: o.Exit, Failure: failure}
}

// read passes on what is typed until reading is cancelled or nobody wants it.
func (a *attachment) read(chunks chan<- []byte, unwanted <-chan struct{}) {
	for {
		buf := make([]byte, 4096)
		n, err := a.tty.Read(buf)
		if err != nil {
			a.end(Outcome{Reason: ReasonHangup})
			return
		}
		select {
		case chunks <- buf[:n]:
		case <-unwanted:
			return
		}
	}
}

// send looks for the detach key in what is typed and sends the rest, in order.
// It ends with the key, or once what was read before the attachment's end is
// on its way: a client that is suspended, or sent away, has typed that to the
// session.
func (a *attachment) send(ctx context.Context, chunks <-chan []byte) {
	var pending []byte
	flush := time.NewTimer(keyWait)
	flush.Stop()
	ended := ctx.Done()
	var late <-chan time.Time
	for detached := false; !detached; {
		to, from := a.in, chunks
		if len(pending) == 0 {
			to = nil
		}
		if len(pending) >= maxTyped {
			from = nil
		}
		select {
		case p, ok := <-from:
			if !ok {
				pending, _ = a.key.flush(pending)
				a.sendLast(pending)
				return
			}
			pending, detached = a.key.scan(pending, p)
		case <-flush.C:
			pending, detached = a.key.flush(pending)
		case to <- exec.StreamInput{SessionID: a.session.ID, Data: pending}:
			pending = nil
			continue
		case <-ended:
			ended, late = nil, time.After(lastWait)
			continue
		case <-late: // the terminal does not let go of its reader
			return
		}
		a.hold(flush)
	}
	a.end(Outcome{Reason: ReasonDetached})
	a.sendLast(pending)
}

// hold has flush come when what is kept back is not the detach key.
func (a *attachment) hold(flush *time.Timer) {
	if wait := a.key.wait(); wait > 0 {
		flush.Reset(wait)
	} else {
		flush.Stop()
	}
}

// sendLast sends what was typed before the end, if the stream still takes it.
func (a *attachment) sendLast(pending []byte) {
	if len(pending) == 0 {
		return
	}
	t := time.NewTimer(lastWait)
	defer t.Stop()
	select {
	case a.in <- exec.StreamInput{SessionID: a.session.ID, Data: pending}:
	case <-a.over:
	case <-t.C:
	}
}

// watch follows the terminal's size, and ends the attachment when the client
// is stopped or goes on after it was.
func (a *attachment) watch(ctx context.Context) {
	go a.part(func() { // a resize may have to wait for the server
		select {
		case <-a.suspend:
			a.end(Outcome{Reason: reasonSuspend})
		case <-ctx.Done():
		}
	})
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.tty.Resumed():
			a.end(Outcome{Reason: reasonResumed})
			return
		case <-a.tty.Resized():
			size, err := a.tty.Size()
			if s := known(size); err == nil && s != (exec.Size{}) {
				a.resize(s) // one that fails changes nothing; the next may work
			}
		}
	}
}
