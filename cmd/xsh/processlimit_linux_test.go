package main

import (
	"context"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// poorUser is a user who has no other processes, with a place of his own.
type poorUser struct {
	t   *testing.T
	dir string
	uid uint32
}

// newPoorUser makes one. The system counts the processes of a user for his limit,
// and root has none: only root can be somebody whose count is known.
func newPoorUser(t *testing.T) *poorUser {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be a user who has no other processes")
	}
	u := &poorUser{t: t, uid: uint32(60_000 + os.Getpid()%5000)}
	var err error
	if u.dir, err = os.MkdirTemp("/tmp", "xsh-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(u.dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(u.path("xsh"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(u.dir, int(u.uid), int(u.uid)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		u.xsh("server", "stop", "--force")
		checkProcesses(t, u.dir)
	})
	return u
}

func (u *poorUser) path(name string) string { return filepath.Join(u.dir, name) }

// xsh runs xsh as the user and returns all that it says.
func (u *poorUser) xsh(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := osexec.CommandContext(ctx, u.path("xsh"), args...)
	cmd.Dir = u.dir
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + u.dir, "XSH_DIR=" + u.path("run"), "XDG_STATE_HOME=" + u.path("state"),
		"XDG_CONFIG_HOME=" + u.path("config"), "TERM=xterm-256color", "XSH_IDLE=1m", "GORACE=atexit_sleep_ms=0",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.uid, Gid: u.uid}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestAsManyProcessesAsAllowed: where a user's limit of processes is reached, a new
// session is refused in words, and the server lives with all others.
func TestAsManyProcessesAsAllowed(t *testing.T) {
	u := newPoorUser(t)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &was); err != nil {
		t.Fatal(err)
	}
	// The server has the limit, in which the threads of its processes count. Its
	// clients have not: Go would end one that gets no thread.
	limit := uint64(60 + 4*runtime.NumCPU())
	if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: limit, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	out, err := u.xsh("server", "start")
	if back := unix.Setrlimit(unix.RLIMIT_NPROC, &was); back != nil {
		t.Fatal(back)
	}
	if err != nil {
		t.Fatalf("start: %v\n%s", err, out)
	}
	pid := u.serverPID()

	made, refused := 0, ""
	for ; made < int(limit); made++ {
		if out, err := u.xsh("new", "-d", "s"+strconv.Itoa(made), "--", "sleep", "1000"); err != nil {
			refused = out
			break
		}
	}
	want := regexp.MustCompile(`^xsh: cannot start ".*/sleep": there are as many processes as the system allows: .*\n.*ulimit -u`)
	if made < 8 || !want.MatchString(refused) {
		t.Errorf("after %d sessions: %q", made, refused)
	}
	for range 5 { // and it stays so, but where a thread of the server has ended
		out, err := u.xsh("new", "-d", "--", "sleep", "1000")
		switch {
		case err == nil:
			made++
		case !want.MatchString(out):
			t.Errorf("another: %v, %q", err, out)
		}
	}
	if out, err := u.xsh("ls", "-q"); err != nil || strings.Count(out, "\n") != made {
		t.Errorf("of %d sessions there are: %v\n%s", made, err, out)
	}
	// Several, since the server may take a place for a thread of its own.
	for i := range 8 {
		if out, err := u.xsh("kill", "s"+strconv.Itoa(i)); err != nil {
			t.Errorf("kill: %v\n%s", err, out)
		}
	}
	if out, err := u.xsh("new", "-d", "again", "--", "sleep", "1000"); err != nil {
		t.Errorf("where some have ended there is no room for another: %v\n%s", err, out)
	}
	if now := u.serverPID(); now != pid {
		t.Errorf("the server was %s, and is %s", pid, now)
	}
}

func (u *poorUser) serverPID() string {
	text, err := os.ReadFile(u.path("run/server.pid"))
	if err != nil {
		u.t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(text), "\n")
	return pid
}
