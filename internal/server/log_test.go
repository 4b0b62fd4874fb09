package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestLogIsSetAside while it is written.
func TestLogIsSetAside(t *testing.T) {
	leaktest.Check(t)
	path := filepath.Join(t.TempDir(), "state", "xsh", "server.log")
	l := OpenLog(path, false)
	if err := l.Problem(); err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", maxUnwritten/4) + "\n"
	size := func(path string) int64 {
		st, err := os.Stat(path)
		if err != nil {
			return -1
		}
		return st.Size()
	}
	for written := 0; size(path+".old") < 0; written += len(line) {
		if written > 4*maxLog {
			t.Fatal("the log grows")
		}
		before := size(path)
		l.Write([]byte(line))
		eventually(t, "a written line", func() bool { return size(path) != before })
	}
	l.Write([]byte("last\n"))
	l.Close()
	for path, end := range map[string]string{path: "last\n", path + ".old": "x\n"} {
		if got := mode(t, path); got != 0o600 {
			t.Errorf("%s has mode %v", path, got)
		}
		if data, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(data), end) || len(data) > maxLog {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
}

func TestNoLog(t *testing.T) {
	leaktest.Check(t)
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	read := filepath.Join(dir, "read")
	if err := unix.Mkfifo(read, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(read, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("elsewhere", link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, read, link, dir, "/proc/nosuch/dir/log"} {
		l := OpenLog(path, false)
		if err := l.Problem(); err == nil {
			t.Errorf("%s is a log", path)
		}
		for range 10 {
			l.Write(make([]byte, maxUnwritten/2)) // which nobody takes
		}
		l.Close()
	}
}

// TestStartWithoutALog says so to whoever starts the server.
func TestStartWithoutALog(t *testing.T) {
	leaktest.Check(t)
	p := testPaths(t)
	if err := os.MkdirAll(filepath.Dir(p.Log), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(p.Log, 0o600); err != nil {
		t.Fatal(err)
	}
	s := starter(p, "server")
	warned := ""
	s.Warn = func(text string) { warned = text }
	if err := s.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	ensured(t, p) // and killed with the test
	if !strings.Contains(warned, p.Log) {
		t.Errorf("warned of %q", warned)
	}
}
