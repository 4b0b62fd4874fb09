package server

import (
	"context"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/paths"
)

// eventually waits until ok: no event of ours tells when another process did
// something.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// TestPlaceIsPutBack: what a cleaner of temporary files or a logout takes away
// does not cut off the server.
func TestPlaceIsPutBack(t *testing.T) {
	for name, spoil := range map[string]func(p paths.Paths) error{
		"socket":             func(p paths.Paths) error { return os.Remove(p.Socket) },
		"pid file":           func(p paths.Paths) error { return os.Remove(p.PID) },
		"directory":          func(p paths.Paths) error { return os.RemoveAll(p.Dir) },
		"directory above":    func(p paths.Paths) error { return os.RemoveAll(filepath.Dir(p.Dir)) },
		"directory, renamed": func(p paths.Paths) error { return os.Rename(p.Dir, p.Dir+".away") },
		"directory above, renamed": func(p paths.Paths) error {
			return os.Rename(filepath.Dir(p.Dir), filepath.Dir(filepath.Dir(p.Dir))+"/away")
		},
		"socket, replaced": func(p paths.Paths) error {
			other := p.Socket + ".other"
			if err := os.WriteFile(other, nil, 0o600); err != nil {
				return err
			}
			return os.Rename(other, p.Socket)
		},
	} {
		t.Run(name, func(t *testing.T) {
			leaktest.Check(t)
			p := testPaths(t)
			p = in(p, filepath.Join(filepath.Dir(p.Dir), "above", "run"))
			s := serving(t, p, 0)
			was := connect(t, p)
			getStatus(t, was)
			if err := spoil(p); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a server to connect to", func() bool { return launch.Running(p) })
			getStatus(t, connect(t, p))
			getStatus(t, was) // who was connected still is
			eventually(t, "a pid file", func() bool {
				pid, _ := os.ReadFile(p.PID)
				return string(pid) == fmt.Sprintln(os.Getpid())
			})
			s.stop()
			s.awaitLeft(t)
			for _, file := range []string{p.Socket, p.PID} {
				if _, err := os.Lstat(file); !os.IsNotExist(err) {
					t.Errorf("%s was left behind: %v", file, err)
				}
			}
		})
	}
}

// in is p with its runtime directory elsewhere.
func in(p paths.Paths, dir string) paths.Paths {
	for _, path := range []*string{&p.Socket, &p.PID, &p.Lock} {
		*path = filepath.Join(dir, filepath.Base(*path))
	}
	p.Dir = dir
	return p
}

// TestLeavingServerRemovesOnlyItsOwn: by then another may have the place.
func TestLeavingServerRemovesOnlyItsOwn(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	old := &place{paths: p, serve: waitClosed}
	if _, err := old.hold(); err != nil {
		t.Fatal(err)
	}
	old.leave()
	next := &place{paths: p, serve: waitClosed}
	if _, err := next.hold(); err != nil {
		t.Fatalf("while the old one leaves: %v", err)
	}
	old.leave()
	old.release()
	if !launch.Running(p) {
		t.Error("the new server's socket is gone")
	}
	if pid, err := os.ReadFile(p.PID); err != nil || len(pid) == 0 {
		t.Errorf("the new server's pid file: %q, %v", pid, err)
	}
	next.leave()
	next.release()
}

func waitClosed(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}

// TestServerWithoutSocketIsAsked: a client that finds a server's pid file and no
// socket has that put back, and starts no other.
func TestServerWithoutSocketIsAsked(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	pid := ensured(t, p)
	if got, err := launch.Holder(p.PID); err != nil || got != pid {
		t.Errorf("the pid file is held by %d, %v, want %d", got, err, pid)
	}
	// Stopped, it cannot notice by itself before it is asked.
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(p.Socket); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		unix.Kill(pid, unix.SIGCONT)
	}()
	if again := ensured(t, p); again != pid {
		t.Errorf("another server, %d beside %d", again, pid)
	}
}

// TestExitIsOfTheServerThatRan: the next one may have its place by then.
func TestExitIsOfTheServerThatRan(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	first := ensured(t, p)
	left, err := launch.Exit(p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := left(ctx); err == nil {
		t.Error("it has left before it was stopped")
	}
	if left, err = launch.Exit(p); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(first, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "that it leaves", func() bool { return !launch.Running(p) })
	if second := ensured(t, p); second == first {
		t.Error("the same server")
	}
	ctx, cancel = context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := left(ctx); err != nil {
		t.Error(err)
	}
}

// TestAskedAllTheWhile: whoever finds the pid file held and no socket asks for
// that, also of a server that is just starting, or about to leave.
func TestAskedAllTheWhile(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for ctx.Err() == nil {
				if pid, err := launch.Holder(p.PID); err == nil && pid > 0 {
					unix.Kill(pid, unix.SIGUSR1)
				}
			}
		})
	}
	for range 10 {
		pid := ensured(t, p)
		left, err := launch.Exit(p)
		if err != nil {
			t.Fatal(err)
		}
		unix.Kill(pid, unix.SIGTERM)
		if err := left(t.Context()); err != nil {
			t.Error(err)
		}
	}
	cancel()
	asking.Wait()
	log, err := os.ReadFile(p.Log)
	if err != nil || strings.Count(string(log), "server left") != 10 {
		t.Errorf("%v, the log says:\n%s", err, log)
	}
}

// TestSignalsAreTakenFirst: before the place is held, for which a client would
// ask by signal, and they are not given up.
func TestSignalsAreTakenFirst(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	cmd := osexec.Command(os.Args[0])
	cmd.Env = roleEnv(s.paths, "second")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), ErrRunning.Error()) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestSignalsThatDoNotEndTheServer: a terminal that closes, and a log that
// nobody reads any more.
func TestSignalsThatDoNotEndTheServer(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	pid := ensured(t, p)
	for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGPIPE, unix.SIGUSR1, unix.SIGHUP} {
		if err := unix.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		if again := ensured(t, p); again != pid {
			t.Fatalf("%v ended the server", sig)
		}
	}
	// SIGHUP opens the log anew.
	if err := os.Rename(p.Log, p.Log+".moved"); err != nil {
		t.Fatal(err)
	}
	unix.Kill(pid, unix.SIGHUP)
	eventually(t, "a new log", func() bool { _, err := os.Stat(p.Log); return err == nil })
}
