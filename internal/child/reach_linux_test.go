package child

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/deaddisktest"
	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestMountThatDoesNotAnswer: a program whose file hangs whoever opens or runs it
// holds up no other.
func TestMountThatDoesNotAnswer(t *testing.T) {
	leaktest.Check(t)
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 6\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	asked, answer := deaddisktest.Hang(t, path)
	cmd, _ := shell(t, "")
	cmd.Path = path
	hung := make(chan *Process, 1)
	go func() {
		p, err := Start(cmd)
		if err != nil {
			t.Errorf("the mount answers again: %v", err)
		}
		hung <- p
	}()
	asked()
	for range 3 {
		other, out := shell(t, "echo on")
		if got := output(t, other, out); got != "on\n" {
			t.Errorf("another program says %q", got)
		}
	}
	select {
	case <-hung:
		t.Error("the program of the mount was started before the mount answered")
		return
	default:
	}
	answer()
	if p := <-hung; p != nil {
		ended(t, p)
		if p.Status().ExitStatus() != 6 {
			t.Errorf("it ended with %v", p.Status())
		}
	}
}

// TestReach: a program that can be reached is, whatever is wrong with it, and one whose
// disk does not answer is waited for once, however many ask, and for no longer than each
// of them wants.
func TestReach(t *testing.T) {
	leaktest.Check(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{path, "sh", "nosuchprogram", "./program", "./nosuch", ""} {
		if err := Reach(t.Context(), dir, program); err != nil {
			t.Errorf("%q: %v", program, err)
		}
	}
	asked, answer := deaddisktest.Hang(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	const callers = 2 * mostReached
	told := make(chan error, callers)
	for range callers {
		go func() { told <- Reach(ctx, dir, path) }()
	}
	asked()
	reaching.mu.Lock()
	n := len(reaching.all)
	reaching.mu.Unlock()
	if n != 1 {
		t.Errorf("%d goroutines wait for one program", n)
	}
	cancel()
	for range callers {
		if err := <-told; !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), path+" is on a disk that does not answer") {
			t.Errorf("told %v", err)
		}
	}
	answer()
	if err := Reach(t.Context(), dir, path); err != nil {
		t.Errorf("when the disk answers: %v", err)
	}
}

// TestReachIsBounded: what hangs is not more and more.
func TestReachIsBounded(t *testing.T) {
	reaching.mu.Lock()
	before := reaching.all
	reaching.all = map[[2]string]chan struct{}{}
	for i := range mostReached {
		reaching.all[[2]string{"/", strconv.Itoa(i)}] = nil
	}
	reaching.mu.Unlock()
	err := Reach(t.Context(), "/", "/bin/sh")
	reaching.mu.Lock()
	reaching.all = before
	reaching.mu.Unlock()
	if err == nil || err.Error() != "16 programs are waited for already whose disks do not answer" {
		t.Errorf("one more: %v", err)
	}
}
