package rawtty

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Wait waits until one of the descriptors is ready, or for as long as timeout
// says; a negative one is for ever. A signal may end it early. It is select(2),
// since poll(2) does not know terminals here.
func Wait(fds []Ready, timeout time.Duration) error {
	if len(fds) > maxReady {
		return fmt.Errorf("wait for %d files: at most %d", len(fds), maxReady)
	}
	var read, write unix.FdSet
	highest := 0
	for i, f := range fds {
		fds[i].CanRead, fds[i].CanWrite = false, false
		if f.FD < 0 || !f.Read && !f.Write {
			continue
		}
		if f.FD >= unix.FD_SETSIZE {
			return fmt.Errorf("wait for file %d: select takes those below %d", f.FD, unix.FD_SETSIZE)
		}
		highest = max(highest, f.FD)
		if f.Read {
			read.Set(f.FD)
		}
		if f.Write {
			write.Set(f.FD)
		}
	}
	var until *unix.Timeval
	if ms := millis(timeout); ms >= 0 {
		tv := unix.NsecToTimeval(int64(ms) * int64(time.Millisecond))
		until = &tv
	}
	_, err := unix.Select(highest+1, &read, &write, nil, until)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for the terminal: %w", err)
	}
	for i, f := range fds {
		if f.FD >= 0 {
			fds[i].CanRead = f.Read && read.IsSet(f.FD)
			fds[i].CanWrite = f.Write && write.IsSet(f.FD)
		}
	}
	return nil
}
