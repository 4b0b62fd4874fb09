package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// patience is how long an event that must come may take.
const patience = 20 * time.Second

// testPaths returns paths in a short directory of the test's own.
func testPaths(t testing.TB) paths.Paths {
	t.Helper()
	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p, err := paths.Find(func(name string) string {
		return map[string]string{"XSH_DIR": filepath.Join(dir, "run"), "XDG_STATE_HOME": dir}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// testHandlers has programs that read what is typed, and one that panics.
func testHandlers() map[string]exec.Handler {
	return map[string]exec.Handler{
		"test/cat": {TTYHandler: func(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
			go func() {
				<-ctx.Ctx().Done()
				stop <- nil
			}()
			go io.Copy(tty, tty) // ends with the terminal
			return nil
		}},
	}
}

// record is a log that can be read while it is written.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// testServer is a server in this process.
type testServer struct {
	paths paths.Paths
	m     *exec.Manager
	log   *record
	left  chan error
	stop  context.CancelFunc
}

func serving(t testing.TB, p paths.Paths, idle time.Duration) *testServer {
	t.Helper()
	s := &testServer{paths: p, log: &record{}, left: make(chan error, 1)}
	s.m = exec.NewManager(exec.ManagerConfig{Handlers: testHandlers()})
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	ready := make(chan struct{})
	go func() {
		s.left <- Serve(ctx, Config{
			Paths: p, Version: "v1", Logger: slog.New(slog.NewTextHandler(s.log, nil)), Sessions: s.m,
			IdleExit: idle, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-s.left:
		s.left <- err
		select {
		case <-ready: // and left at once
		default:
			t.Fatalf("the server left: %v", err)
		}
	}
	t.Cleanup(func() {
		cancel()
		s.awaitLeft(t)
	})
	return s
}

func (s *testServer) awaitLeft(t testing.TB) {
	t.Helper()
	select {
	case err := <-s.left:
		s.left <- err
		if err != nil {
			t.Errorf("the server left with %v", err)
		}
	case <-time.After(patience):
		t.Fatalf("the server does not leave; its log:\n%s", s.log)
	}
}

func connect(t testing.TB, p paths.Paths) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+p.Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func getStatus(t testing.TB, conn grpc.ClientConnInterface) *xshpb.ServerStatus {
	t.Helper()
	st, err := xshpb.NewServerClient(conn).GetStatus(context.Background(), &emptypb.Empty{})
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return st
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Mode()
}

func TestStatus(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	conn := connect(t, s.paths)
	st := getStatus(t, conn)
	if st.GetVersion() != "v1" || int(st.GetPid()) != os.Getpid() || st.GetSessions() != 0 || st.GetClients() != 1 {
		t.Errorf("status %v", st)
	}
	if st.GetMemoryBytes() == 0 || time.Since(st.GetStartedAt().AsTime()) > time.Hour {
		t.Errorf("status %v", st)
	}
	c := exec.NewPluginClient(conn)
	for _, id := range []string{"a", "b"} {
		if _, err := c.CreateSession(nil, exec.SessionOptions{ID: id, ResourcePlugin: "test", ResourceKey: "cat", TTY: true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Kill(nil, "a", exec.StreamSignalNone); err != nil {
		t.Fatal(err)
	}
	if st := getStatus(t, conn); st.GetSessions() != 1 || st.GetEndedSessions() != 1 {
		t.Errorf("status %v", st)
	}
}

func TestModesOfFiles(t *testing.T) {
	leaktest.Check(t)
	old := unix.Umask(0)
	defer unix.Umask(old)
	s := serving(t, testPaths(t), 0)
	for path, want := range map[string]os.FileMode{
		s.paths.Dir:    os.ModeDir | 0o700,
		s.paths.Socket: os.ModeSocket | 0o600,
		s.paths.PID:    0o600,
	} {
		if got := mode(t, path); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
	}
}

func TestUnsafeDirectoryIsRefused(t *testing.T) {
	leaktest.Check(t)
	for name, spoil := range map[string]func(dir string) error{
		"open to others": func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o755)) },
		"symbolic link":  func(dir string) error { return os.Symlink(t.TempDir(), dir) },
		"file":           func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		p := testPaths(t)
		if err := spoil(p.Dir); err != nil {
			t.Fatal(err)
		}
		m := exec.NewManager(exec.ManagerConfig{})
		err := Serve(t.Context(), Config{Paths: p, Logger: logging.Discard(), Sessions: m})
		var unsafe *paths.UnsafeDirError
		if !errors.As(err, &unsafe) {
			t.Errorf("%s: %v", name, err)
		}
		if err := (launch.Start{Paths: p}).Ensure(t.Context()); !errors.As(err, &unsafe) {
			t.Errorf("%s: start: %v", name, err)
		}
	}
}

func TestOneServer(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	m := exec.NewManager(exec.ManagerConfig{})
	err := Serve(t.Context(), Config{Paths: s.paths, Logger: logging.Discard(), Sessions: m})
	if !errors.Is(err, ErrRunning) {
		t.Errorf("a second server: %v", err)
	}
	getStatus(t, connect(t, s.paths)) // the first is as it was
}

// TestStaleSocket: whatever a server that died has left is no obstacle.
func TestStaleSocket(t *testing.T) {
	leaktest.Check(t)
	for name, leave := range map[string]func(p paths.Paths) error{
		"socket that nobody listens on": func(p paths.Paths) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.Socket, Net: "unix"})
			if err != nil {
				return err
			}
			l.SetUnlinkOnClose(false)
			return l.Close()
		},
		"file in its place":   func(p paths.Paths) error { return os.WriteFile(p.Socket, []byte("x"), 0o600) },
		"pid of somebody":     func(p paths.Paths) error { return os.WriteFile(p.PID, []byte("1\n"), 0o600) },
		"pid file of garbage": func(p paths.Paths) error { return os.WriteFile(p.PID, []byte("\x00\xff"), 0o600) },
		"empty files of a full disk": func(p paths.Paths) error {
			return errors.Join(os.WriteFile(p.PID, nil, 0o600), os.WriteFile(p.Lock, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPaths(t)
			if err := errors.Join(p.MakeDir(), leave(p)); err != nil {
				t.Fatal(err)
			}
			serving(t, p, 0)
			getStatus(t, connect(t, p))
		})
	}
}

// TestSocketOfAnother: one that somebody listens on is not taken away.
func TestSocketOfAnother(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	if err := p.MakeDir(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", p.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := exec.NewManager(exec.ManagerConfig{})
	if err := Serve(t.Context(), Config{Paths: p, Logger: logging.Discard(), Sessions: m}); !errors.Is(err, ErrRunning) {
		t.Errorf("serve: %v", err)
	}
	if _, err := os.Lstat(p.Socket); err != nil {
		t.Errorf("the other's socket: %v", err)
	}
}

func TestStopByClient(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	conn := connect(t, s.paths)
	c := exec.NewPluginClient(conn)
	if _, err := c.CreateSession(nil, exec.SessionOptions{ID: "s", ResourcePlugin: "test", ResourceKey: "cat", TTY: true}); err != nil {
		t.Fatal(err)
	}
	in := make(chan exec.StreamInput)
	me := &types.PluginContext{RequestID: "r", RequesterID: "me"}
	out, err := c.Stream(types.NewContext(t.Context(), me), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.AttachSession(me, "s"); err != nil {
		t.Fatal(err)
	}
	resp, err := xshpb.NewServerClient(conn).Stop(t.Context(), &xshpb.StopRequest{})
	if err != nil || resp.GetSessions() != 1 {
		t.Errorf("stop: %v, %v", resp, err)
	}
	told := false
	for o := range out {
		told = told || o.Signal == exec.StreamSignalClose && o.Exit != nil
	}
	if !told {
		t.Error("the client was not told how its session ended")
	}
	s.awaitLeft(t)
	if log := s.log.String(); !strings.Contains(log, "stopped by a client") || !strings.Contains(log, "server left") {
		t.Errorf("the log does not say why it left:\n%s", log)
	}
	if _, err := os.Lstat(s.paths.Socket); !os.IsNotExist(err) {
		t.Errorf("the socket was left behind: %v", err)
	}
}

// TestLeavesWithinBounds: a session that does not end is no reason for a server
// to stay, nor is a call that does not return.
func TestLeavesWithinBounds(t *testing.T) {
	p := testPaths(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	handlers := map[string]exec.Handler{"test/deaf": {
		CloseGrace: time.Hour,
		TTYHandler: func(*types.PluginContext, exec.SessionOptions, *os.File, chan error, <-chan exec.SessionResizeInput) error {
			<-never
			return nil
		},
	}}
	m := exec.NewManager(exec.ManagerConfig{Handlers: handlers})
	ctx, stop := context.WithCancel(context.Background())
	ready, left := make(chan struct{}), make(chan error, 1)
	go func() {
		left <- Serve(ctx, Config{Paths: p, Logger: logging.Discard(), Sessions: m, Ready: func() { close(ready) }})
	}()
	<-ready
	if _, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "deaf", TTY: true}); err != nil {
		t.Fatal(err)
	}
	stop()
	// Long before it has left, its place is another's.
	eventually(t, "that it gives its place away", func() bool { _, err := os.Lstat(p.PID); return os.IsNotExist(err) })
	next := &place{paths: p, serve: waitClosed}
	if _, err := next.hold(); err != nil {
		t.Errorf("the next server: %v", err)
	}
	select {
	case err := <-left:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it stays")
	}
	if !launch.Running(p) {
		t.Error("it took the next server's socket with it")
	}
	next.leave()
	next.release()
}

func TestIdleExit(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 100*time.Millisecond)
	conn := connect(t, s.paths)
	getStatus(t, conn)
	c := exec.NewPluginClient(conn)
	if _, err := c.CreateSession(nil, exec.SessionOptions{ID: "s", ResourcePlugin: "test", ResourceKey: "cat", TTY: true}); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	// With a session it stays, however long. No event tells of what does not
	// happen: three times its patience must do.
	select {
	case err := <-s.left:
		t.Fatalf("with a session the server left: %v\n%s", err, s.log)
	case <-time.After(300 * time.Millisecond):
	}
	conn = connect(t, s.paths)
	if _, err := exec.NewPluginClient(conn).Kill(nil, "s", exec.StreamSignalNone); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.left:
		t.Fatalf("with a client the server left: %v\n%s", err, s.log)
	case <-time.After(300 * time.Millisecond):
	}
	conn.Close()
	s.awaitLeft(t)
	if log := s.log.String(); !strings.Contains(log, "no session and no client") {
		t.Errorf("the log does not say why it left:\n%s", log)
	}
}

func TestIdleExitWithoutAnyClient(t *testing.T) {
	leaktest.Check(t)
	serving(t, testPaths(t), time.Millisecond).awaitLeft(t)
}

// TestPanicInACall: it fails that call, and the log tells of it.
func TestPanicInACall(t *testing.T) {
	log := &record{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	_, err := recoverUnary(logger)(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/m"},
		func(context.Context, any) (any, error) { panic("unary fault") })
	if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "fault") {
		t.Errorf("unary: %v", err)
	}
	err = recoverStream(logger)(nil, nil, &grpc.StreamServerInfo{FullMethod: "/s"},
		func(any, grpc.ServerStream) error { panic("stream fault") })
	if status.Code(err) != codes.Internal {
		t.Errorf("stream: %v", err)
	}
	if !strings.Contains(log.String(), "unary fault") || !strings.Contains(log.String(), "stream fault") {
		t.Errorf("the log says %q", log)
	}
	want := errors.New("its own")
	_, err = recoverUnary(logger)(t.Context(), nil, &grpc.UnaryServerInfo{},
		func(context.Context, any) (any, error) { return 1, want })
	if err != want {
		t.Errorf("a call that fails by itself: %v", err)
	}
}
