package rawtty

import (
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Ready is one descriptor that Wait looks at: what is asked, and what it is
// ready for. CanRead is also set when the other end is gone, and CanWrite when
// writing would fail: the call that follows tells.
type Ready struct {
	FD                int // negative: nothing
	Read, Write       bool
	CanRead, CanWrite bool
}

// maxReady is how many descriptors Wait takes.
const maxReady = 8

// millis rounds up, so that what is due has come when a wait ends.
func millis(d time.Duration) int {
	const longest = time.Hour
	if d < 0 {
		return -1
	}
	return int((min(d, longest) + time.Millisecond - 1) / time.Millisecond)
}

// Waker ends a Wait from elsewhere: from a signal's handler, or another
// goroutine. Wake may be called by anybody, Clear by the one who waits.
type Waker struct {
	r, w  int
	awake atomic.Bool // a byte is on its way
}

// NewWaker returns a Waker, which its user closes.
func NewWaker() (*Waker, error) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return nil, err
	}
	for _, fd := range p {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, errors.Join(err, unix.Close(p[0]), unix.Close(p[1]))
		}
	}
	return &Waker{r: p[0], w: p[1]}, nil
}

// FD is the descriptor to give to Wait, with Read.
func (w *Waker) FD() int { return w.r }

// Wake ends the Wait under way, or the next one.
func (w *Waker) Wake() {
	if !w.awake.Swap(true) {
		unix.Write(w.w, []byte{0})
	}
}

// Clear is called after a Wait has ended and before what it may be about is
// looked at.
func (w *Waker) Clear() {
	var buf [16]byte
	unix.Read(w.r, buf[:])
	w.awake.Store(false)
}

// Close ends the Waker. Nobody may call Wake any more.
func (w *Waker) Close() {
	unix.Close(w.r)
	unix.Close(w.w)
}
