package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
)

// roleVariable makes the test binary one of the processes that these tests
// are about.
const roleVariable = "XSH_SERVER_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "server":
		runServer()
	case "client":
		runClient()
	case "keeper", "kept":
		if os.Getenv(roleVariable) == "keeper" || keeper.Inherited() {
			runTestKeeper()
		} else {
			runKept()
		}
	case "broken":
		launch.Ready("", fmt.Errorf("two lines\nof trouble"))
	case "second":
		err := Serve(context.Background(), Config{
			Paths: pathsFromEnv(), Logger: logging.Discard(), Sessions: exec.NewManager(exec.ManagerConfig{}),
		})
		for _, sig := range []syscall.Signal{unix.SIGUSR1, unix.SIGHUP, unix.SIGPIPE} {
			unix.Kill(os.Getpid(), sig)
		}
		fmt.Println(err)
	case "mute":
	}
}

func pathsFromEnv() paths.Paths {
	p, err := paths.Find(os.Getenv)
	if err != nil {
		panic(err)
	}
	return p
}

func runServer() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	p := pathsFromEnv()
	log := OpenLog(p.Log, true)
	defer log.Close()
	warning := ""
	if err := log.Problem(); err != nil {
		warning = err.Error()
	}
	err := Serve(ctx, Config{
		Paths: p, Version: "v1", Reopen: log.Reopen,
		Logger:   slog.New(slog.NewTextHandler(log, nil)),
		Sessions: exec.NewManager(exec.ManagerConfig{Handlers: testHandlers()}),
		IdleExit: patience, // should its test die
		Ready:    func() { launch.Ready(warning, nil) },
	})
	if err != nil {
		launch.Ready("", err)
		os.Exit(1)
	}
}

func runClient() {
	if err := starter(pathsFromEnv(), "server").Ensure(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// starter starts this binary in a role.
func starter(p paths.Paths, role string) launch.Start {
	return launch.Start{Paths: p, Command: []string{os.Args[0]}, Env: roleEnv(p, role)}
}

func roleEnv(p paths.Paths, role string) []string {
	return append(os.Environ(), roleVariable+"="+role, "XSH_DIR="+p.Dir,
		"XDG_STATE_HOME="+strings.TrimSuffix(p.Log, "/xsh/server.log"), "GORACE=atexit_sleep_ms=0")
}

// ensured returns the pid of the server that Ensure started or found, which is
// killed with the test.
func ensured(t *testing.T, p paths.Paths) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := starter(p, "server").Ensure(ctx); err != nil {
		log, _ := os.ReadFile(p.Log)
		t.Fatalf("ensure: %v\n%s", err, log)
	}
	pid := int(getStatus(t, connect(t, p)).GetPid())
	t.Cleanup(func() { killed(t, p, pid) })
	return pid
}

// killed ends a server as nobody should, and waits until it has ended: its
// locks are free then.
func killed(t *testing.T, p paths.Paths, pid int) {
	t.Helper()
	unix.Kill(pid, unix.SIGKILL)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if left, err := launch.Exit(p); err != nil {
		t.Error(err)
	} else if err := left(ctx); err != nil {
		t.Error(err)
	}
}

// TestManyStartAtOnce: two hundred that start at once end with one server.
func TestManyStartAtOnce(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	const goroutines, processes = 190, 10
	var starting sync.WaitGroup
	begin := make(chan struct{})
	for range goroutines {
		starting.Go(func() {
			<-begin
			if err := starter(p, "server").Ensure(t.Context()); err != nil {
				t.Errorf("ensure: %v", err)
			}
		})
	}
	for range processes {
		starting.Go(func() {
			cmd := osexec.Command(os.Args[0])
			cmd.Env = roleEnv(p, "client")
			<-begin
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("client: %v: %s", err, out)
			}
		})
	}
	close(begin)
	starting.Wait()
	pid := ensured(t, p)
	log, err := os.ReadFile(p.Log)
	if err != nil || strings.Count(string(log), "server started") != 1 {
		t.Errorf("%v, the log says:\n%s", err, log)
	}
	if text, err := os.ReadFile(p.PID); err != nil || string(text) != fmt.Sprintln(pid) {
		t.Errorf("the pid file says %q, %v, want %d", text, err, pid)
	}
}

// TestStartAfterKill: a server killed as no server should be leaves its socket
// and its files, and the next one takes over.
func TestStartAfterKill(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	first := ensured(t, p)
	if again := ensured(t, p); again != first {
		t.Errorf("a second server, %d beside %d", again, first)
	}
	killed(t, p, first)
	if launch.Running(p) {
		t.Fatal("it is still running")
	}
	if _, err := os.Lstat(p.Socket); err != nil {
		t.Errorf("the killed server's socket: %v", err)
	}
	if second := ensured(t, p); second == first {
		t.Error("the same server again")
	}
}

// TestStartedServerIsOnItsOwn: in a session of its own, in no directory that
// could not be unmounted, without a file of ours.
func TestStartedServerIsOnItsOwn(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	pid := ensured(t, p)
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("session %d of server %d, %v", sid, pid, err)
	}
	proc := fmt.Sprintf("/proc/%d/", pid)
	if dir, err := os.Readlink(proc + "cwd"); err == nil && dir != "/" {
		t.Errorf("its directory is %s", dir)
	}
	for fd, want := range map[int]string{0: os.DevNull, 1: p.Log, 2: p.Log} {
		if to, err := os.Readlink(fmt.Sprintf("%sfd/%d", proc, fd)); err == nil && to != want {
			t.Errorf("its file %d is %s, want %s", fd, to, want)
		}
	}
	if to, err := os.Readlink(proc + "fd/3"); err == nil && strings.HasPrefix(to, "pipe:") {
		t.Error("it still holds the pipe that said it was ready")
	}
}

func TestStartThatFails(t *testing.T) {
	leaktest.Check(t)
	for role, want := range map[string]string{
		"broken": "two lines of trouble",
		"mute":   "the server ended before it was ready",
	} {
		err := starter(testPaths(t), role).Ensure(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", role, err)
		}
	}
	s := starter(testPaths(t), "server")
	s.Command = []string{"/no/such/server"}
	if err := s.Ensure(t.Context()); err == nil || !strings.Contains(err.Error(), "start the server") {
		t.Errorf("no server: %v", err)
	}
}

// TestStartIsGivenUp: whoever waits for another's start, or for a server that
// does not leave, can give up.
func TestStartIsGivenUp(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	if err := p.MakeDir(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{p.Lock, p.PID} {
		held, err := launch.OpenLock(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := held.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := starter(p, "server").Ensure(ctx); err == nil {
			t.Error("Ensure did not wait")
		}
		cancel()
		held.Release()
	}
	ensured(t, p) // and nothing stands in the way of the next
}

// TestServerStartsWhileOthersWaitForOneToLeave: they hold its lock for moments.
func TestServerStartsWhileOthersWaitForOneToLeave(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	if err := p.MakeDir(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			for ctx.Err() == nil {
				if left, err := launch.Exit(p); err == nil {
					left(ctx)
				}
			}
		})
	}
	for range 200 {
		l, err := launch.HoldPID(p.PID, "")
		if err != nil {
			t.Errorf("hold: %v", err)
			break
		}
		l.Release()
	}
	cancel()
	waiting.Wait()
}
