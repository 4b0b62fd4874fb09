package poll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ReadNow is one read from a descriptor that does not block, WriteNow one write.
// The scheduler is not told of them, as it must be of a call that may wait.
func ReadNow(fd int, p []byte) (int, error)  { return call(unix.SYS_READ, fd, p) }
func WriteNow(fd int, p []byte) (int, error) { return call(unix.SYS_WRITE, fd, p) }

func call(number uintptr, fd int, p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(number, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
