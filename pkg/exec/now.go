package exec

import (
	"os"

	"golang.org/x/sys/unix"
)

// readNow reads what f has, without waiting. It returns no bytes and no error
// when there is nothing.
func readNow(f *os.File, buf []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	return atOnce(conn.Read, func(fd int) (int, error) { return unix.Read(fd, buf) })
}

// writeNow writes what f takes of data without waiting.
func writeNow(f *os.File, data []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	return atOnce(conn.Write, func(fd int) (int, error) { return unix.Write(fd, data) })
}

// atOnce makes one system call on a descriptor that does not block, by a method
// of syscall.RawConn. It returns 0 when the call would have had to wait.
func atOnce(with func(func(fd uintptr) bool) error, call func(fd int) (int, error)) (n int, err error) {
	var callErr error
	err = with(func(fd uintptr) bool {
		for {
			n, callErr = call(int(fd))
			if callErr != unix.EINTR {
				return true
			}
		}
	})
	switch {
	case callErr == unix.EAGAIN:
		return 0, nil
	case callErr != nil:
		return 0, callErr
	}
	return n, err
}
