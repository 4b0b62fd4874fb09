//go:build !linux

package poll

import (
	"os"

	"golang.org/x/sys/unix"
)

// File is a pty's end or a connection.
type File struct{ *OSFile }

// New makes a File of fd, which is its own from then on, also if that fails.
func New(fd int) (*File, error) {
	if err := unix.SetNonblock(fd, true); err != nil { // or os.NewFile leaves it out of the poller
		unix.Close(fd)
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "file")
	o, err := NewOSFile(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{o}, nil
}
