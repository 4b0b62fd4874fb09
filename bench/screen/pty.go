package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"time"

	"github.com/creack/pty"
)

// patience is how long anything may take before the bench gives up.
const patience = time.Minute

var size = &pty.Winsize{Rows: 24, Cols: 80}

// shown starts a command on a terminal and returns how long it took until
// what it writes there contains mark. It then ends the command.
func shown(cmd *osexec.Cmd, mark string) (time.Duration, error) {
	start := time.Now()
	tty, err := pty.StartWithSize(cmd, size)
	if err != nil {
		return 0, err
	}
	limit := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	err = readUntil(tty, mark)
	took := time.Since(start)
	limit.Stop()
	cmd.Process.Signal(os.Interrupt)
	tty.Close()
	cmd.Wait() // it was made to end; how, does not matter
	return took, err
}

// readUntil reads until it has seen mark.
func readUntil(r io.Reader, mark string) error {
	buf := make([]byte, 64<<10)
	var seen []byte
	for {
		n, err := r.Read(buf)
		seen = append(seen, buf[:n]...)
		if bytes.Contains(seen, []byte(mark)) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%q was not shown: %w; got %q", mark, err, tail(seen))
		}
		seen = seen[max(0, len(seen)-len(mark)-512):]
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-200):] }

// discard starts a command on a terminal that is read and thrown away, and
// waits until it has ended.
func discard(cmd *osexec.Cmd) error {
	tty, err := pty.StartWithSize(cmd, size)
	if err != nil {
		return err
	}
	defer tty.Close()
	if _, err := io.Copy(io.Discard, tty); err != nil && !errors.Is(err, errHungUp) {
		return err
	}
	return cmd.Wait()
}
