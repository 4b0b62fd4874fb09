package exectest

import (
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// WaitSize waits until the terminal has this size.
func (t *Terminal) WaitSize(tb testing.TB, want exec.Size) {
	tb.Helper()
	t.wait(tb, func() bool { return t.size() == want }, "terminal of size "+want.String())
}

// WaitClosed waits until the terminal was closed.
func (t *Terminal) WaitClosed(tb testing.TB) {
	tb.Helper()
	t.wait(tb, func() bool { return t.closed }, "closed terminal")
}

func (t *Terminal) wait(tb testing.TB, ok func() bool, what string) {
	tb.Helper()
	deadline := time.After(Patience)
	for {
		t.mu.Lock()
		done, changed := ok(), t.changed
		t.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			tb.Fatalf("no %s; it had the sizes %v", what, t.Sizes())
		}
	}
}
