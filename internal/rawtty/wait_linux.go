package rawtty

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Wait waits until one of the descriptors is ready, or for as long as timeout
// says; a negative one is for ever. A signal may end it early.
func Wait(fds []Ready, timeout time.Duration) error {
	if len(fds) > maxReady {
		return fmt.Errorf("wait for %d files: at most %d", len(fds), maxReady)
	}
	var poll [maxReady]unix.PollFd
	for i, f := range fds {
		fds[i].CanRead, fds[i].CanWrite = false, false
		poll[i].Fd = int32(f.FD)
		if f.Read {
			poll[i].Events |= unix.POLLIN
		}
		if f.Write {
			poll[i].Events |= unix.POLLOUT
		}
		if poll[i].Events == 0 {
			poll[i].Fd = -1 // or its hangup would end every wait
		}
	}
	_, err := unix.Poll(poll[:len(fds)], millis(timeout))
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for the terminal: %w", err)
	}
	const gone = unix.POLLHUP | unix.POLLERR | unix.POLLNVAL
	for i := range fds {
		fds[i].CanRead = fds[i].Read && poll[i].Revents&(unix.POLLIN|gone) != 0
		fds[i].CanWrite = fds[i].Write && poll[i].Revents&(unix.POLLOUT|gone) != 0
	}
	return nil
}
