//go:build !linux

package poll

import "golang.org/x/sys/unix"

// ReadNow is one read from a descriptor that does not block, WriteNow one write.
func ReadNow(fd int, p []byte) (int, error)  { return again(unix.Read, fd, p) }
func WriteNow(fd int, p []byte) (int, error) { return again(unix.Write, fd, p) }

func again(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}
