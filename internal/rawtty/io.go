package rawtty

import (
	"errors"
	"fmt"
	"io"

	"github.com/muesli/cancelreader"
	"golang.org/x/sys/unix"
)

// ErrCanceled is returned by Read after Cancel or Close.
var ErrCanceled = cancelreader.ErrCanceled

// Read waits for input, one caller at a time. When the terminal has gone away it
// returns io.EOF or EIO, as the system has it.
func (t *Terminal) Read(p []byte) (int, error) {
	if !t.enterRead() {
		return 0, ErrCanceled
	}
	defer t.leaveRead()
	t.readMu.Lock()
	defer t.readMu.Unlock()
	for {
		n, err := t.reader.Read(p)
		// A terminal left non-blocking by another process: its input was there
		// when we looked, and somebody else took it.
		if errors.Is(err, unix.EAGAIN) && n <= 0 {
			continue
		}
		return max(n, 0), err
	}
}

func (t *Terminal) enterRead() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.reading++
	return true
}

// leaveRead closes the reader in Close's place when a read outlived it: Close
// must not wait for a read that is stuck in the kernel.
func (t *Terminal) leaveRead() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reading--
	if t.closed && t.reading == 0 {
		t.reader.Close()
	}
}

// Cancel ends reads, the one under way and all later ones, with ErrCanceled, and
// tells whether it could. Input that was not read stays in the terminal for its
// next reader. It is for good: to read again, open another Terminal.
func (t *Terminal) Cancel() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return true
	}
	return t.reader.Cancel()
}

// Write writes all of p, however long the terminal takes to accept it. It fails
// with EIO when the terminal has gone away.
func (t *Terminal) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := t.out.Write(p[written:])
		written += max(n, 0)
		switch {
		case errors.Is(err, unix.EAGAIN):
			// Standard output may be non-blocking: it shares its description
			// with whatever set that, before us or while we run.
			if err := t.waitWritable(); err != nil {
				return written, err
			}
		case err != nil:
			return written, err
		case n <= 0:
			return written, io.ErrShortWrite
		}
	}
	return written, nil
}

func (t *Terminal) waitWritable() error {
	fds := []unix.PollFd{{Fd: int32(t.out.Fd()), Events: unix.POLLOUT}}
	for {
		_, err := unix.Poll(fds, -1)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for the terminal: %w", err)
		}
	}
}
