package main

import (
	"net"
	"os"
	osexec "os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/systemdtest"
)

// TestUnderSystemd: as a unit the keeper has its socket from systemd, and its
// sessions back when it was killed together with its server. It leaves the
// socket, on which systemd goes on to listen.
func TestUnderSystemd(t *testing.T) {
	p := newPlace(t)
	if err := os.Mkdir(p.dir+"/run", 0o700); err != nil {
		t.Fatal(err)
	}
	socket := p.dir + "/run/xsh.sock"
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	listener, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	xsh, err := osexec.LookPath("xsh")
	if err != nil {
		t.Fatal(err)
	}
	m := systemdtest.New(t, p.dir)
	unit := m.Start([]string{xsh, "keeper"}, p.env, nil, listener)
	m.AwaitReady()
	made, err := os.Stat(socket)
	if err != nil {
		t.Fatal(err)
	}
	p.run("xsh", "new", "-d", "one", "--", "sh", "-c", "echo here; cat")
	p.run("xsh", "new", "-d", "two", "--", "cat")
	p.run("xsh", "wait", "one", "--for", "text=here")
	const each = 3 // the memory, the pty and the pidfd
	m.Await(2 * each)
	if got := p.read("keeper.pid"); got != strconv.Itoa(unit.Process.Pid) {
		t.Errorf("the keeper is process %s, not the unit's main one, %d", got, unit.Process.Pid)
	}

	server, _ := strconv.Atoi(p.read("server.pid"))
	unit.Process.Kill()
	unix.Kill(server, unix.SIGKILL)
	unit.Wait()
	unit = m.Start([]string{xsh, "keeper"}, p.env, nil, listener)
	m.AwaitReady()
	if got := p.run("xsh", "ls", "-q"); got != "one\ntwo\n" {
		t.Errorf("after both were killed there are %q", got)
	}
	if got := p.run("xsh", "capture", "one"); !strings.Contains(got, "here") {
		t.Errorf("its screen is %q", got)
	}
	p.run("xsh", "send", "one", "--enter", "goes on")
	p.run("xsh", "wait", "one", "--for", "text=goes on")

	// The keeper of another version still knows whose main process it is.
	p.run("xsh-v9", "server", "upgrade")
	p.run("xsh", "kill", "two")
	p.try("xsh", "wait", "two")
	p.run("xsh", "rm", "two")
	m.Await(each)
	p.run("xsh", "server", "stop", "--force")
	if err := unit.Wait(); err != nil {
		t.Errorf("the unit ended with %v", err)
	}
	if now, err := os.Stat(socket); err != nil || !os.SameFile(made, now) {
		t.Errorf("systemd's socket is not what it was: %v", err)
	}
}

// TestUnits: systemd finds nothing wrong with the units that come with xsh.
func TestUnits(t *testing.T) {
	analyze, err := osexec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	cmd := osexec.Command(analyze, "--user", "--man=no", "verify", "xsh.service", "xsh.socket")
	cmd.Dir = "../../contrib/systemd"
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
