package child

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestMountThatDoesNotAnswer: a program whose file hangs whoever opens or runs it
// holds up no other. A lease on the file plays the mount: the system lets nobody
// open it until the lease is given back, or is taken after lease-break-time, 45 s.
func TestMountThatDoesNotAnswer(t *testing.T) {
	leaktest.Check(t)
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 6\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := unix.FcntlInt(held.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skipf("no leases on files of %s: %v", os.TempDir(), err)
	}
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
	// The lease is being broken: the start has come to the file.
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if kind, _ := unix.FcntlInt(held.Fd(), unix.F_GETLEASE, 0); kind != unix.F_WRLCK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the program is not looked at")
		}
	}
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
	if _, err := unix.FcntlInt(held.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
		t.Fatal(err)
	}
	if p := <-hung; p != nil {
		ended(t, p)
		if p.Status().ExitStatus() != 6 {
			t.Errorf("it ended with %v", p.Status())
		}
	}
}
