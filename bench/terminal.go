package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"slices"
	"time"

	"github.com/creack/pty"
)

// command is xsh with the bench's environment.
func (b *bench) command(ctx context.Context, args ...string) *osexec.Cmd {
	cmd := osexec.CommandContext(ctx, b.xsh, args...)
	cmd.Env = b.env
	return cmd
}

// do runs xsh and wants it to succeed.
func (b *bench) do(ctx context.Context, args ...string) error {
	out, err := b.command(ctx, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("xsh %v: %w: %s", args, err, out)
	}
	return nil
}

// bare is a program on a terminal with nothing in between.
func (b *bench) bare(ctx context.Context, args ...string) *osexec.Cmd {
	cmd := osexec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = b.env
	return cmd
}

// terminal is the far end of a command's terminal, where a person would sit.
type terminal struct {
	pty  *os.File
	cmd  *osexec.Cmd
	buf  []byte
	tail []byte // the last output, to find a mark in that came in pieces
	n    int64  // bytes so far
}

func open(cmd *osexec.Cmd) (*terminal, error) {
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		return nil, err
	}
	return &terminal{pty: f, cmd: cmd, buf: make([]byte, 64<<10)}, nil
}

// read returns the next output.
func (t *terminal) read() ([]byte, error) {
	n, err := t.pty.Read(t.buf)
	t.n += int64(n)
	return t.buf[:n], err
}

// patience is how long anything may take before the bench gives up.
const patience = 5 * time.Minute

// until reads up to a mark.
func (t *terminal) until(mark string) error {
	limit := time.AfterFunc(patience, func() { t.cmd.Process.Kill() })
	defer limit.Stop()
	for {
		p, err := t.read()
		if err != nil {
			return fmt.Errorf("no %q: %w", mark, err)
		}
		seen := append(t.tail, p...)
		if i := bytes.Index(seen, []byte(mark)); i >= 0 {
			t.tail = slices.Clone(seen[i+len(mark):])
			return nil
		}
		t.tail = append(t.tail[:0], seen[max(0, len(seen)-len(mark)):]...)
	}
}

func (t *terminal) write(s string) error {
	_, err := io.WriteString(t.pty, s)
	return err
}

// close hangs up.
func (t *terminal) close() {
	t.cmd.Process.Kill()
	t.cmd.Wait()
	t.pty.Close()
}
