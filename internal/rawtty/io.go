package rawtty

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/poll"
)

// maxBlockingWrite is how much one Write takes where it could block: a terminal
// that polls as writable has room for something.
const maxBlockingWrite = 512

// endpoint is one direction of the terminal.
type endpoint struct {
	fd       int
	blocking bool // it is the borrowed file's: the terminal could not be opened once more
}

// reopen opens the terminal behind f once more. What others do to f, and what
// we would do to it, is left alone that way: whether f blocks is shared with
// every process that inherited it.
func reopen(f *os.File, mode int) endpoint {
	mode |= unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	for _, path := range pathsOf(f) {
		if fd, err := unix.Open(path, mode, 0); err == nil {
			return endpoint{fd: fd}
		}
	}
	return endpoint{fd: int(f.Fd()), blocking: true}
}

// controlling reports whether f is this process's controlling terminal, which
// /dev/tty opens whoever owns the device: after su the owner is somebody else.
func controlling(f *os.File) bool {
	_, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil
}

func (e endpoint) close() {
	if !e.blocking {
		unix.Close(e.fd)
	}
}

// call makes a system call: may, if it may wait, since the scheduler must know.
func (e endpoint) call(may, now func(int, []byte) (int, error), p []byte) (int, error) {
	if e.blocking {
		return may(e.fd, p)
	}
	return now(e.fd, p)
}

// InFD and OutFD are the descriptors to give to Wait. They are valid until
// Close.
func (t *Terminal) InFD() int  { return t.read.fd }
func (t *Terminal) OutFD() int { return t.write.fd }

// Read reads what was typed and does not wait: with nothing there it returns
// 0, nil. When the terminal has gone away it returns io.EOF or EIO, as the
// system has it. Input that was not read stays for the terminal's next reader.
// One goroutine reads, and none once Close was called.
func (t *Terminal) Read(p []byte) (int, error) {
	if t.read.blocking && !t.readable() {
		return 0, nil
	}
	n, err := t.read.call(unix.Read, poll.ReadNow, p)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (t *Terminal) readable() bool {
	fds := [1]Ready{{FD: t.read.fd, Read: true}}
	return Wait(fds[:], 0) == nil && fds[0].CanRead
}

// Write writes as much of p as the terminal takes now, which may be nothing.
// It fails with EIO when the terminal has gone away. One goroutine writes, and
// none once Close was called.
func (t *Terminal) Write(p []byte) (int, error) {
	if t.write.blocking {
		fds := [1]Ready{{FD: t.write.fd, Write: true}}
		if err := Wait(fds[:], 0); err != nil || !fds[0].CanWrite {
			return 0, err
		}
		p = p[:min(len(p), maxBlockingWrite)]
	}
	n, err := t.write.call(unix.Write, poll.WriteNow, p)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return 0, nil
	}
	return max(n, 0), err
}
