package poll

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// OSFile is an os.File in Go's poller with the methods of a File. It is for files
// that somebody else has opened.
type OSFile struct {
	*os.File
	raw syscall.RawConn
}

// NewOSFile returns f as an OSFile. Its methods that begin with Try may wait if f
// is not in Go's poller.
func NewOSFile(f *os.File) (*OSFile, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &OSFile{f, raw}, nil
}

// TryRead reads what there is and does not wait: with nothing there it returns
// 0, nil.
func (f *OSFile) TryRead(p []byte) (int, error) {
	again := false
	n, err := once(f.raw.Read, func(fd int) (n int, err error) {
		n, err = unix.Read(fd, p)
		again = err == unix.EAGAIN
		return n, err
	})
	if n == 0 && err == nil && !again && len(p) > 0 {
		return 0, io.EOF
	}
	return n, err
}

// Mute and Unmute do nothing: see File.
func (f *OSFile) Mute()   {}
func (f *OSFile) Unmute() {}

// TryWrite writes what there is room for and does not wait.
func (f *OSFile) TryWrite(p []byte) (int, error) {
	return once(f.raw.Write, func(fd int) (int, error) { return unix.Write(fd, p) })
}

// Control calls do with the descriptor, which is not closed meanwhile.
func (f *OSFile) Control(do func(fd int) error) error {
	var doErr error
	if f.raw.Control(func(fd uintptr) { doErr = do(int(fd)) }) != nil {
		return os.ErrClosed // the one reason, but as an error that has no name
	}
	return doErr
}

// once makes one system call on a descriptor that does not block, by a method of
// syscall.RawConn. It returns 0 when the call would have had to wait.
func once(with func(func(fd uintptr) bool) error, call func(fd int) (int, error)) (n int, err error) {
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
