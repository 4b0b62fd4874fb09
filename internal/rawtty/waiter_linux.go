package rawtty

import (
	"time"

	"github.com/xsh-project/xsh/internal/poll"
)

// Waiter is Wait for one who waits again and again, for much the same. Its
// goroutine holds no thread meanwhile. A descriptor must be left out of one Wait
// before another that has the same number takes its place.
type Waiter struct {
	set *poll.Set // nil where it cannot be had: Wait does as well
}

// NewWaiter returns a Waiter, which its user closes.
func NewWaiter() *Waiter {
	set, err := poll.NewSet()
	if err != nil {
		return &Waiter{}
	}
	return &Waiter{set}
}

// Wait is Wait.
func (w *Waiter) Wait(fds []Ready, timeout time.Duration) error {
	if w.set == nil || len(fds) > poll.SetSize {
		return Wait(fds, timeout)
	}
	for i, f := range fds {
		if err := w.set.Want(i, f.FD, f.Read, f.Write); err != nil {
			// The same descriptor twice, or one that epoll does not know.
			w.Close()
			return Wait(fds, timeout)
		}
	}
	if err := w.set.Wait(timeout); err != nil {
		return err
	}
	for i := range fds {
		fds[i].CanRead, fds[i].CanWrite = w.set.Ready(i)
	}
	return nil
}

// Close releases the Waiter. It may be called twice.
func (w *Waiter) Close() {
	if w.set != nil {
		w.set.Close()
		w.set = nil
	}
}
