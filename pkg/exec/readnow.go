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
	var readErr error
	err = conn.Read(func(fd uintptr) bool {
		for {
			n, readErr = unix.Read(int(fd), buf)
			if readErr != unix.EINTR {
				return true
			}
		}
	})
	if readErr == unix.EAGAIN {
		return 0, nil
	}
	if readErr != nil {
		return 0, readErr
	}
	return n, err
}
