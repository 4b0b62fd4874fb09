package peer

import (
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// roleVariable makes the test binary the process at the other end.
const roleVariable = "XSH_PEER_TEST_SOCKET"

func TestMain(m *testing.M) {
	if path := os.Getenv(roleVariable); path != "" {
		l, err := net.Listen("unix", path)
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString("listening\n")
		l.Accept()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestOurs(t *testing.T) {
	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, end := range []net.Conn{c, s} {
		if uid, err := UID(end); err != nil || uid != os.Geteuid() {
			t.Errorf("uid %d, %v", uid, err)
		}
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if _, err := UID(a); err == nil {
		t.Error("a pipe has a uid")
	}
}

func TestAnotherUsers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	const other = 65534
	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	// Where go test builds, other users may not go.
	self := filepath.Join(dir, "self")
	if data, err := os.ReadFile(os.Args[0]); err != nil {
		t.Fatal(err)
	} else if err := os.WriteFile(self, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := osexec.Command(self)
	cmd.Dir = dir
	cmd.Env = []string{roleVariable + "=" + filepath.Join(dir, "s")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if uid, err := UID(c); err != nil || uid != other {
		t.Errorf("uid %d, %v", uid, err)
	}
}
