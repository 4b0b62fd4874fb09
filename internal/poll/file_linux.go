package poll

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// File is a pty's end or a connection. One goroutine at a time reads, and one
// writes; all else is for any. Closing it ends what they wait for.
type File struct {
	in *waiter

	reading sync.Mutex // held by the one who reads; guards the next four
	buf     []byte
	n       int
	err     error
	tryRead func(uintptr) bool // made once: it would be memory for each read

	outOnce sync.Once
	out     *waiter // made when a write has to wait for the first time
	outErr  error

	mu sync.RWMutex // guards fd; held across system calls, none of which waits
	fd int          // negative once closed
}

// New makes a File of fd, which is its own from then on, also if that fails. fd
// must be of a kind that can be waited for.
func New(fd int) (*File, error) {
	err := unix.SetNonblock(fd, true)
	var in *waiter
	if err == nil {
		in, err = newWaiter()
	}
	if err == nil {
		if err = in.add(fd, unix.EPOLLIN|unix.EPOLLRDHUP); err != nil {
			in.close()
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("wait for a file: %w", err)
	}
	f := &File{fd: fd, in: in}
	f.tryRead = func(uintptr) bool {
		f.n, f.err = f.TryRead(f.buf)
		return f.n > 0 || f.err != nil
	}
	return f, nil
}

// Read implements io.Reader. It returns os.ErrDeadlineExceeded behind the
// deadline and os.ErrClosed after Close.
func (f *File) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	f.buf, f.n, f.err = p, 0, nil
	err := f.in.raw.Read(f.tryRead)
	f.buf = nil
	if err != nil {
		return 0, f.reason(err)
	}
	return f.n, f.err
}

// reason is why a wait has failed.
func (f *File) reason(err error) error {
	if f.closed() {
		return os.ErrClosed
	}
	return err
}

func (f *File) closed() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.fd < 0
}

// TryRead reads what there is and does not wait: with nothing there it returns
// 0, nil.
func (f *File) TryRead(p []byte) (int, error) {
	n, err := f.try(ReadNow, p)
	if n == 0 && err == nil && len(p) > 0 {
		return 0, io.EOF
	}
	return now(n, err)
}

// Mute has news of input wake nobody, until Unmute. It is for one who reads what there
// is with TryRead anyway.
func (f *File) Mute() { f.Control(func(fd int) error { return f.in.change(fd, 0) }) }

// Unmute undoes Mute. What came meanwhile is news.
func (f *File) Unmute() {
	f.Control(func(fd int) error { return f.in.change(fd, unix.EPOLLIN|unix.EPOLLRDHUP) })
}

// TryWrite writes what there is room for and does not wait.
func (f *File) TryWrite(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return now(f.try(WriteNow, p))
}

// now makes of a call that would have had to wait one that did nothing.
func now(n int, err error) (int, error) {
	if err == unix.EAGAIN {
		return 0, nil
	}
	return n, err
}

// try makes a system call that does not wait.
func (f *File) try(call func(fd int, p []byte) (int, error), p []byte) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.fd < 0 {
		return 0, os.ErrClosed
	}
	return call(f.fd, p)
}

// Write implements io.Writer.
func (f *File) Write(p []byte) (written int, err error) {
	for {
		n, err := f.TryWrite(p[written:])
		written += n
		switch {
		case err != nil || written == len(p):
			return written, err
		case n == 0:
			if n, err = f.waitToWrite(p[written:]); err != nil {
				return written, err
			}
			written += n
		}
	}
}

// waitToWrite writes a part of p once there is room.
func (f *File) waitToWrite(p []byte) (n int, err error) {
	out, err := f.writer()
	if err != nil {
		return 0, err
	}
	waitErr := out.raw.Read(func(uintptr) bool {
		// Asked for this once only: room that nobody waits for wakes nobody.
		if err = f.Control(func(fd int) error { return out.change(fd, unix.EPOLLOUT|unix.EPOLLONESHOT) }); err != nil {
			return true
		}
		n, err = f.TryWrite(p)
		return n > 0 || err != nil
	})
	if waitErr != nil {
		return 0, f.reason(waitErr)
	}
	return n, err
}

// writer returns what waits for room.
func (f *File) writer() (*waiter, error) {
	f.outOnce.Do(func() {
		if f.out, f.outErr = newWaiter(); f.outErr == nil {
			f.outErr = f.Control(func(fd int) error { return f.out.add(fd, 0) })
		}
	})
	return f.out, f.outErr
}

// Control calls do with the descriptor, which is not closed meanwhile.
func (f *File) Control(do func(fd int) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.fd < 0 {
		return os.ErrClosed
	}
	return do(f.fd)
}

// SetReadDeadline ends reads at t, those under way as well; the zero time ends
// none.
func (f *File) SetReadDeadline(t time.Time) error { return f.in.file.SetReadDeadline(t) }

// SetWriteDeadline does for writes what SetReadDeadline does for reads. What
// there is room for is written even behind it.
func (f *File) SetWriteDeadline(t time.Time) error {
	out, err := f.writer()
	if err != nil {
		return err
	}
	return out.file.SetReadDeadline(t)
}

// Close implements io.Closer. It may be called twice.
func (f *File) Close() error {
	f.mu.Lock()
	fd := f.fd
	f.fd = -1
	f.mu.Unlock()
	if fd < 0 {
		return os.ErrClosed
	}
	err := unix.Close(fd)
	f.in.close()
	f.outOnce.Do(func() { f.outErr = os.ErrClosed })
	if f.out != nil {
		f.out.close()
	}
	return err
}

// waiter is an epoll descriptor in Go's poller: it is readable while what it asks
// for is there. Go's poller hears of each piece of news, so that whoever has
// found nothing may wait.
type waiter struct {
	file *os.File
	raw  syscall.RawConn
}

func newWaiter() (*waiter, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or os.NewFile leaves it out of the poller
		unix.Close(fd)
		return nil, err
	}
	w := &waiter{file: os.NewFile(uintptr(fd), "epoll")}
	if err := w.file.SetReadDeadline(time.Time{}); err != nil {
		w.file.Close()
		return nil, err
	}
	w.raw, err = w.file.SyscallConn()
	return w, errors.Join(err)
}

func (w *waiter) control(op, fd int, events uint32) error {
	var ctlErr error
	err := w.raw.Control(func(ep uintptr) {
		ctlErr = unix.EpollCtl(int(ep), op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
	})
	if err == nil {
		err = ctlErr
	}
	return err
}

func (w *waiter) add(fd int, events uint32) error { return w.control(unix.EPOLL_CTL_ADD, fd, events) }

// change asks for other events.
func (w *waiter) change(fd int, events uint32) error {
	return w.control(unix.EPOLL_CTL_MOD, fd, events)
}

func (w *waiter) close() { w.file.Close() }
