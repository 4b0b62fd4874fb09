package keeper

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/systemdtest"
)

// startBySystemd starts the keeper of k as a unit's main process.
func startBySystemd(m *systemdtest.Manager, k *kept, listener *os.File) {
	k.t.Helper()
	log, err := os.OpenFile(k.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		k.t.Fatal(err)
	}
	defer log.Close()
	env := append(os.Environ(), roleVariable+"=1", "GORACE=atexit_sleep_ms=0")
	k.cmd = m.Start([]string{testBinary(k.t), "keeper"}, env, log, listener)
	m.AwaitReady()
}

// TestSystemdKeeps: a keeper that is killed together with its server loses no
// session under systemd, which starts another one with the descriptors.
func TestSystemdKeeps(t *testing.T) {
	leaktest.Check(t)
	dir := t.TempDir()
	m := systemdtest.New(t, dir)
	k := &kept{t: t, socket: filepath.Join(dir, "s"), log: filepath.Join(dir, "log")}
	listener := listenAt(t, k.socket)
	defer listener.Close()
	startBySystemd(m, k, listener)
	defer func() { k.end() }()

	for i := range 3 {
		k.must("new s%d seq 1 1000000000", i)
	}
	k.must("new quiet sleep 1000")
	k.must("new gone sleep 1000")
	k.must("drop gone")
	m.Await(4 * 3)
	server, ends, runs := k.server(), k.pidOf("s1"), k.pidOf("s2")
	unix.Kill(k.cmd.Process.Pid, unix.SIGKILL)
	unix.Kill(server, unix.SIGKILL)
	k.cmd.Wait()
	unix.Kill(ends, unix.SIGTERM)
	awaitGone(t, ends)

	startBySystemd(m, k, listener)
	list := k.must("list")
	if strings.Count(list, "files=2") != 4 || strings.Count(list, " runs") != 3 ||
		!strings.Contains(list, fmt.Sprintf("s2 pid=%d ", runs)) {
		t.Errorf("after both were killed:\n%s", list)
	}
	if strings.Contains(list, "status 0") {
		t.Errorf("an exit status was invented:\n%s", list)
	}
	if answer := k.must("check"); answer != "ok" {
		t.Error(answer)
	}
	k.must("drop s1")
	m.Await(3 * 3)

	// The keeper alone: its server makes room for the one that systemd starts.
	server = k.server()
	k.cmd.Process.Kill()
	k.cmd.Wait()
	awaitGone(t, server)
	startBySystemd(m, k, listener)
	if list := k.must("list"); strings.Count(list, " runs") != 3 {
		t.Errorf("after the keeper was killed:\n%s", list)
	}
}
