package exec

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/poll"
)

// tty is a session's terminal: what its program prints is read there, what
// clients type goes into it, and it has the session's size.
type tty struct {
	term   Terminal
	pty    ptyFile
	polled bool // nothing waits at pty that must not
	input  *inputQueue

	// sizing orders changes of the size; held across the system call. It is
	// taken before session.mu.
	sizing  sync.Mutex
	resizes chan SessionResizeInput // for a handler that takes sizes itself; holds the newest
	over    bool                    // resizes is closed

	pause    pause
	released atomic.Bool // nothing more is read but what is there
}

// pause stops the reading of a terminal for as long as another server tries to
// take over.
type pause struct {
	mu      sync.Mutex
	paused  chan struct{} // receives when the reader has stopped; nil while it is to read
	resumed chan struct{} // closed when it may go on
}

// suspend has the reader stop, and returns when it has, or done is closed: there
// is no reader any more.
func (t *tty) suspend(done <-chan struct{}) {
	p := &t.pause
	p.mu.Lock()
	p.paused, p.resumed = make(chan struct{}, 1), make(chan struct{})
	paused := p.paused
	p.mu.Unlock()
	t.pty.SetReadDeadline(time.Unix(1, 0))
	select {
	case <-paused:
	case <-done:
	}
}

// resume has the reader go on.
func (t *tty) resume() {
	t.pause.mu.Lock()
	defer t.pause.mu.Unlock()
	if t.pause.resumed != nil {
		close(t.pause.resumed)
		t.pause.paused, t.pause.resumed = nil, nil
	}
}

// wait waits for the end of a pause, and reports false if there is none.
func (p *pause) wait() bool {
	p.mu.Lock()
	paused, resumed := p.paused, p.resumed
	p.mu.Unlock()
	if resumed == nil {
		return false
	}
	offer(paused)
	<-resumed
	return true
}

// over waits for the end of a pause, if there is one, and reports false if life
// ends first.
func (p *pause) over(life context.Context) bool {
	p.mu.Lock()
	resumed := p.resumed
	p.mu.Unlock()
	if resumed == nil {
		return true
	}
	select {
	case <-resumed:
		return true
	case <-life.Done():
		return false
	}
}

// ptyOf returns the pty of a terminal that the system made, and of others what
// they give.
func ptyOf(term Terminal) (ptyFile, error) {
	if pair, ok := term.(*ptyTerminal); ok {
		return pair.pty, nil
	}
	return poll.NewOSFile(term.MasterFd())
}

func newTTY(term Terminal, wg *sync.WaitGroup) (*tty, error) {
	pty, err := ptyOf(term)
	if err != nil {
		return nil, err
	}
	// A file that is not in the poller would wait where it must not.
	polled := pty.SetReadDeadline(time.Time{}) == nil
	return &tty{
		term:    term,
		pty:     pty,
		polled:  polled,
		input:   newInputQueue(pty, polled, wg),
		resizes: make(chan SessionResizeInput, 1),
	}, nil
}

// offer puts a piece of news into a channel that holds one.
func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// copy returns another file of the pty, nil if there are no more files.
func (t *tty) copy() (f *os.File) {
	t.pty.Control(func(fd int) error {
		again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			f = os.NewFile(uintptr(again), "pty")
		}
		return err
	})
	return f
}

// setSize sizes the terminal, or tells the handler the size if that handles
// it. The newest size wins: this never waits for a handler. It is called with
// sizing held.
func (t *tty) setSize(size Size, pixels Pixels, byHandler bool) error {
	if !byHandler {
		err := resizeTo(t.term, size, pixels)
		if errors.Is(err, os.ErrClosed) { // the program has just ended
			return nil
		}
		return err
	}
	tellPixels(t.term, size, pixels) // a handler knows of none
	if t.over {
		return nil
	}
	select {
	case <-t.resizes:
	default:
	}
	t.resizes <- SessionResizeInput{Rows: int32(size.Rows), Cols: int32(size.Cols)}
	return nil
}

// pixels asks the terminal for its size in pixels; zeros if it does not know.
func (t *tty) pixels() (wide, high int) {
	if t == nil { // the model begins with what another server stored
		return 0, 0
	}
	t.pty.Control(func(fd int) error {
		size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if err == nil {
			wide, high = int(size.Xpixel), int(size.Ypixel)
		}
		return err
	})
	return wide, high
}

// read reads what the program prints into the log, until the terminal's other
// side is closed or release says that the program has ended.
func (t *tty) read(log *outlog.Log) error {
	buf := make([]byte, DefaultStreamBufferSize)
	for {
		n, err := log.ReadFrom(outlog.Source(StreamTargetStdOut), t.pty.Read, buf)
		if t.polled && n > len(buf)/2 && err == nil {
			err = t.readReady(log)
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && t.pause.wait() && !t.released.Load():
			// The next pause may have begun meanwhile, whose deadline this undoes.
			for paused := true; paused; paused = t.pause.wait() {
				if err := t.pty.SetReadDeadline(time.Time{}); err != nil {
					return err
				}
			}
			if t.released.Load() { // its deadline may just have been undone
				return t.readReady(log)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			// What the program had written when it ended. A read that would
			// wait means that there is no more, even if some other process
			// still holds the terminal: the kernel hands over all that was
			// written before it says so.
			if err := t.pty.SetReadDeadline(time.Time{}); err != nil {
				return err
			}
			return t.readReady(log)
		case err != nil:
			return err
		}
	}
}

// DefaultStreamBufferSize is how many bytes are read from a program at once.
// A pty gives no more than this for one read.
const DefaultStreamBufferSize = 4096

// readChunk is how much of a flood is handed on at once.
const readChunk = 32 << 10

// readBuffers are shared: most sessions are idle.
var readBuffers = sync.Pool{New: func() any { return new([readChunk]byte) }}

// readReady takes what the terminal has ready, in pieces that are worth waking
// the readers for. It returns when there is no more for now.
func (t *tty) readReady(log *outlog.Log) error {
	buf := readBuffers.Get().(*[readChunk]byte)
	defer readBuffers.Put(buf)
	t.pty.Mute() // or each piece that the program adds would wake a thread
	defer t.pty.Unmute()
	return log.Flow(func() error {
		for {
			all := false
			read := func(p []byte) (int, error) {
				n, err := readFull(t.pty, p)
				all = n < len(p)
				return n, err
			}
			if _, err := log.ReadFrom(outlog.Source(StreamTargetStdOut), read, buf[:]); all || err != nil {
				return err
			}
		}
	})
}

// readFull fills buf as far as that needs no waiting.
func readFull(pty ptyFile, buf []byte) (n int, err error) {
	for n < len(buf) {
		m, err := pty.TryRead(buf[n:])
		if m <= 0 || err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}

// release lets go of the terminal once everything that the program wrote to it
// was read, which drained tells.
func (t *tty) release(drained <-chan error) {
	t.input.close()
	t.released.Store(true)
	t.resume()
	t.sizing.Lock()
	t.over = true
	close(t.resizes) // a handler that waits for sizes ends
	t.sizing.Unlock()
	t.term.SlaveFd().Close()
	defer t.term.Close()
	// Wakes the reader, which then takes what is left without waiting. A file
	// that knows no deadlines is read until its other side is closed, which
	// some other process may hold open for ever.
	if err := t.pty.SetReadDeadline(time.Unix(1, 0)); err == nil {
		<-drained
		return
	}
	select {
	case <-drained:
	case <-time.After(defaultCloseGrace):
	}
}

// copyOutput hands what r gives to print, and returns the error that ended it.
func copyOutput(r io.Reader, print func([]byte)) error {
	if r == nil {
		return io.EOF
	}
	return guard("the handler", func() error {
		buf := make([]byte, DefaultStreamBufferSize)
		for {
			n, err := r.Read(buf)
			if n > 0 {
				print(buf[:n])
			}
			if err != nil {
				return err
			}
		}
	})
}

// makesSignal reports whether the terminal makes a signal of a key, as it does
// of Ctrl-\ and Ctrl-C for a program that has not turned that off.
func (t *tty) makesSignal(key []byte) bool {
	if len(key) != 1 || key[0] == 0 {
		return false
	}
	signals := false
	t.pty.Control(func(fd int) error {
		attrs, err := unix.IoctlGetTermios(fd, getTermios)
		if err == nil && attrs.Lflag&unix.ISIG != 0 {
			c := key[0]
			signals = c == attrs.Cc[unix.VQUIT] || c == attrs.Cc[unix.VINTR] || c == attrs.Cc[unix.VSUSP]
		}
		return err
	})
	return signals
}
