package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// TestRunPassesEveryStatus: each status that a command can have, and each signal that it
// can end by, is what xsh run exits with; in one bash, whose prompt goes on working.
func TestRunPassesEveryStatus(t *testing.T) {
	if _, err := osexec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGQUIT) // or all that is started would ignore it; see internal/early
	defer signal.Reset(syscall.SIGQUIT)
	dir := t.TempDir()
	h := local.New(local.Config{ShellDir: dir})
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	t.Cleanup(m.Close)
	s, err := m.CreateSession(nil, local.Options(osexec.Command("bash", "--norc")))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	run := func(line string) int {
		t.Helper()
		r := &running{c: m, session: s, dir: dir, out: newLogPrinter(io.Discard, nil, false, false)}
		err := r.run(ctx, line, true)
		var coded *codedError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &coded) && coded.err == nil:
			return coded.code
		}
		t.Fatalf("%s: %v", line, err)
		return 0
	}
	for status := range 256 {
		if got := run(fmt.Sprintf("(exit %d)", status)); got != status {
			t.Errorf("exit %d is told as %d", status, got)
		}
	}
	for _, n := range []int{1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31} {
		if got := run("sh -c 'ulimit -c 0; kill -" + strconv.Itoa(n) + " $$'"); got != 128+n {
			t.Errorf("signal %d is told as %d", n, got)
		}
	}
}
