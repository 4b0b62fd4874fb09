package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// runTestKeeper is a keeper whose server is runKept.
func runTestKeeper() {
	p := pathsFromEnv()
	log := OpenLog(p.Log, true)
	defer log.Close()
	os.Setenv(roleVariable, "kept")
	err := Keep(KeeperConfig{
		Paths: p, Version: "v1", Server: []string{os.Args[0]}, Ready: launch.Ready,
		Log: func(line string) { fmt.Fprintln(log, "keeper:", line) },
	})
	if err != nil {
		launch.Ready("", err)
		os.Exit(1)
	}
}

// runKept is a server that dies when it adopts a session called deadly, unless
// there is a file harmless beside its socket.
func runKept() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	p := pathsFromEnv()
	file := OpenLog(p.Log, true)
	defer file.Close()
	log := slog.New(slog.NewTextHandler(file, nil))
	link, err := keeper.Connect()
	if err != nil {
		panic(err)
	}
	kept := NewKept(link, p, log)
	h := local.New(local.Config{Ended: kept.ProgramEnded})
	adopt := h.Adopt
	h.Adopt = func(c *types.PluginContext, program exec.AdoptedProgram) error {
		if _, err := os.Stat(filepath.Join(p.Dir, "harmless")); err != nil && program.SessionID == "deadly" {
			os.Exit(9)
		}
		return adopt(c, program)
	}
	sessions := exec.NewManager(exec.ManagerConfig{
		Logger: log, Keeper: kept, Handlers: map[string]exec.Handler{h.ID(): h, "test/cat": testHandlers()["test/cat"]},
	})
	err = Serve(ctx, Config{Paths: p, Version: "v1", Logger: log, Sessions: sessions, Kept: kept, IdleExit: patience, TakeOver: patience / 4})
	if err != nil {
		fmt.Fprintln(file, "server:", err)
		os.Exit(1)
	}
}

// kept starts a keeper and its server, which end with the test.
func kept(t *testing.T) *keptServer {
	t.Helper()
	if !keeper.Supported {
		t.Skip("this system has no keeper")
	}
	k := &keptServer{t: t, p: testPaths(t)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := starter(k.p, "keeper").Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		left, err := launch.Exit(k.p)
		if err != nil {
			t.Error(err)
			return
		}
		conn := connect(t, k.p)
		if _, err := xshpb.NewServerClient(conn).Stop(context.Background(), &xshpb.StopRequest{}); err != nil {
			t.Errorf("stop: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := left(ctx); err != nil {
			t.Error(err)
		}
	})
	return k
}

type keptServer struct {
	t *testing.T
	p paths.Paths
}

// status asks whatever server there is.
func (k *keptServer) status() *xshpb.ServerStatus {
	k.t.Helper()
	return getStatus(k.t, connect(k.t, k.p))
}

// start starts a session.
func (k *keptServer) start(id, handler, script string) {
	k.t.Helper()
	plugin, resource, _ := strings.Cut(handler, "/")
	c := exec.NewPluginClient(connect(k.t, k.p))
	_, err := c.CreateSession(&types.PluginContext{Context: k.t.Context(), RequesterID: "me"}, exec.SessionOptions{
		ID: id, ResourcePlugin: plugin, ResourceKey: resource, Command: []string{"/bin/sh", "-c", script}, TTY: true,
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// kill kills the server.
func (k *keptServer) kill() {
	k.t.Helper()
	if pid, _ := launch.Processes(k.p); pid <= 0 || unix.Kill(pid, unix.SIGKILL) != nil {
		k.t.Fatalf("the server's process is %d", pid)
	}
}

// TestDeadlySession: a session of which two servers in a row died is set aside
// with its program, the others are adopted, and it can be tried again.
func TestDeadlySession(t *testing.T) {
	k := kept(t)
	k.start("deadly", local.Key, "read x")
	k.start("other", local.Key, "read x")
	k.kill()
	st := k.status()
	if got := fmt.Sprint(st.GetSessions(), st.GetSetAside()); got != "1 [deadly]" {
		t.Fatalf("adopted and set aside: %s", got)
	}
	k.kill() // which the next server is not to forget
	if st := k.status(); fmt.Sprint(st.GetSetAside()) != "[deadly]" {
		t.Errorf("after another kill: set aside: %v", st.GetSetAside())
	}
	if err := os.WriteFile(filepath.Join(k.p.Dir, "harmless"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	resp, err := xshpb.NewServerClient(connect(t, k.p)).Adopt(t.Context(), &emptypb.Empty{})
	if err != nil || resp.GetSessions() != 1 || resp.GetProblems() != "" {
		t.Fatalf("adopt: %v, %v", resp, err)
	}
	k.kill()
	st = k.status()
	if got := fmt.Sprint(st.GetSessions(), st.GetSetAside()); got != "2 []" {
		t.Errorf("once it was adopted: %s", got)
	}
}

// TestUpgradeThatFails: the server goes on when its successor dies or hangs while
// it takes over the sessions, and another one may take over after that.
func TestUpgradeThatFails(t *testing.T) {
	k := kept(t)
	k.start("deadly", local.Key, "read x; exit 3")
	before := k.status()
	upgrade := func(does string) error {
		script := fmt.Sprintf("#!/bin/sh\ncase $2 in\n%s) echo '{\"Program\":\"xsh\",\"State\":%d}';;\n*) %s;;\nesac\n",
			ProbeFlag, StateVersion, does)
		path := filepath.Join(k.p.Dir, "successor")
		os.Remove(path) // it may run
		if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := xshpb.NewServerClient(connect(t, k.p)).Upgrade(t.Context(), &xshpb.UpgradeRequest{Binary: path})
		return err
	}
	for does, want := range map[string]string{
		"exec " + os.Args[0]: "ended with status 9", // while it adopts
		"exec sleep 1007":    "was not ready in time",
	} {
		if err := upgrade(does); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", does, err, want)
		}
		if st := k.status(); st.GetPid() != before.GetPid() || st.GetSessions() != 1 {
			t.Errorf("%s: the server is %v, was %v", does, st, before)
		}
	}
	if err := os.WriteFile(filepath.Join(k.p.Dir, "harmless"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := upgrade("exec " + os.Args[0]); err != nil {
		t.Errorf("upgrade: %v", err)
	}
	if st := k.status(); st.GetPid() == before.GetPid() || st.GetSessions() != 1 || len(st.GetSetAside()) != 0 {
		t.Errorf("the server is %v, was %v", st, before)
	}
	k.kill() // the keeper is another by now as well
	if st := k.status(); st.GetSessions() != 1 || st.GetKeeperPid() != before.GetKeeperPid() {
		t.Errorf("behind a kill the server is %v, was %v", st, before)
	}
}

// TestSessionsThatCannotBeKept end with their server, and nothing is made of them.
func TestSessionsThatCannotBeKept(t *testing.T) {
	k := kept(t)
	k.start("kept", local.Key, "read x")
	k.start("not", "test/cat", "")
	k.kill()
	if st := k.status(); st.GetSessions() != 1 || st.GetEndedSessions() != 0 || len(st.GetSetAside()) != 0 {
		t.Errorf("%v", st)
	}
}

// TestKeptStatuses: what the keeper holds of a status is the status.
func TestKeptStatuses(t *testing.T) {
	for _, st := range []exec.ExitStatus{
		{}, {Code: 1}, {Code: 255}, {Code: 137, Signal: "SIGKILL"}, {Code: 128 + 40, Signal: "SIGRTMIN+6"},
	} {
		if got := statusFromKeeper(statusToKeeper(st)); got != st {
			t.Errorf("%+v became %+v", st, got)
		}
	}
	st := statusFromKeeper(statusToKeeper(exec.ExitStatus{Code: 1, Message: "the handler failed"}))
	if st.Code == 0 || st.Message == "" {
		t.Errorf("an unknown status is %+v", st)
	}
	st = statusFromKeeper(keeper.Status{Known: true, Wait: syscall.WaitStatus(unix.SIGSEGV) | 0x80})
	if st.Signal != "SIGSEGV" || st.Code != 128+11 {
		t.Errorf("a core dump is %+v", st)
	}
}
