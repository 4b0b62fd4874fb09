package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	osexec "os/exec"
	"slices"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// terminal is the far end of a command's terminal, where a person would sit.
// Its reads and writes are system calls that Go's scheduler does not know of:
// waking its idle threads would be part of each figure.
type terminal struct {
	ctx  context.Context // of the run: reading ends with it
	cmd  *osexec.Cmd
	fd   int
	buf  []byte
	tail []byte // the last output, to find a mark in that came in pieces
}

// show runs a command of the peer's on a new terminal.
func (p *peer) show(args ...string) (*terminal, error) {
	cmd := p.command(args...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		return nil, err
	}
	defer f.Close() // and so out of the poller, which would wake for each byte
	t := &terminal{ctx: p.ctx, cmd: cmd, buf: make([]byte, 64<<10)}
	raw, err := f.SyscallConn()
	if err == nil {
		err = errors.Join(raw.Control(func(fd uintptr) {
			t.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		}), err)
	}
	if err == nil {
		err = unix.SetNonblock(t.fd, false)
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, err
	}
	return t, nil
}

// wait waits for output, at most so long.
func (t *terminal) wait(limit time.Duration) (bool, error) {
	end := time.Now().Add(limit)
	for t.ctx.Err() == nil {
		left := time.Until(end)
		if left <= 0 {
			return false, nil
		}
		ready, err := poll(t.fd, min(left, 200*time.Millisecond))
		if ready || err != nil {
			return ready, err
		}
	}
	return false, t.ctx.Err()
}

// read returns the next output, valid until the next read.
func (t *terminal) read() ([]byte, error) {
	ready, err := t.wait(patience)
	if err != nil {
		return nil, err
	}
	if !ready {
		return nil, errors.New("no output")
	}
	n, err := read(t.fd, t.buf)
	if err == unix.EIO || err == nil && n == 0 {
		err = io.EOF // nobody has the terminal open any more
	}
	return t.buf[:max(0, n)], err
}

// until reads up to a mark.
func (t *terminal) until(mark string) error {
	end := time.Now().Add(patience)
	for {
		p, err := t.read()
		if err == nil && time.Now().After(end) {
			err = errors.New("other output for too long")
		}
		if err != nil {
			return fmt.Errorf("no %q: %w, but %q", mark, err, t.tail)
		}
		seen := append(t.tail, p...)
		if i := bytes.Index(seen, []byte(mark)); i >= 0 {
			t.tail = slices.Clone(seen[i+len(mark):])
			return nil
		}
		t.tail = append(t.tail[:0], seen[max(0, len(seen)-max(len(mark), 200)):]...)
	}
}

// pass reads and drops what comes for a while.
func (t *terminal) pass(d time.Duration) error {
	for end := time.Now().Add(d); ; {
		ready, err := t.wait(time.Until(end))
		if err != nil || !ready {
			return err
		}
		if _, err := t.read(); err != nil {
			return err
		}
	}
}

func (t *terminal) write(s string) error {
	_, err := write(t.fd, []byte(s))
	return err
}

// waitExit reads until the command has exited.
func (t *terminal) waitExit() error {
	for {
		_, err := t.read()
		if err == io.EOF {
			return t.cmd.Wait()
		}
		if err != nil {
			return err
		}
	}
}

// close hangs up.
func (t *terminal) close() {
	t.cmd.Process.Kill()
	t.cmd.Wait()
	unix.Close(t.fd)
}
