package main

import (
	"context"
	"encoding/json"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/client"
)

// soaking reports whether tests that can go on for long shall: make soak.
func soaking() bool { return os.Getenv("XSH_SOAK") != "" }

// place is a user's place with a server, for tests that do to the server what
// no user would.
type place struct {
	t   *testing.T
	dir string
	env []string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &place{t: t, dir: dir}
	// Whoever tails is not drawn a screen instead, however slow the machine is, and
	// no session that ended is forgotten.
	if err := os.MkdirAll(dir+"/config/xsh", 0o700); err != nil {
		t.Fatal(err)
	}
	settings := "buffer_bytes = 16777216\nended_sessions = 1000\n"
	if err := os.WriteFile(dir+"/config/xsh/config.toml", []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "XSH_") && !strings.HasPrefix(v, "XDG_") {
			p.env = append(p.env, v)
		}
	}
	p.env = append(p.env, "XSH_DIR="+dir+"/run", "XDG_STATE_HOME="+dir+"/state", "XDG_CONFIG_HOME="+dir+"/config",
		"HOME="+dir, "TERM=xterm-256color", "XSH_IDLE=1m", "GORACE=atexit_sleep_ms=0")
	t.Cleanup(func() {
		osexec.Command("kill", "-CONT", p.read("server.pid")).Run() // should the test have left it stopped
		p.try("xsh", "server", "stop", "--force")
		checkProcesses(t, dir)
		log, _ := os.ReadFile(dir + "/state/xsh/server.log")
		if m := regexp.MustCompile(`DATA RACE|panic|goroutine `).Find(log); m != nil || t.Failed() {
			lines := strings.SplitAfter(string(log), "\n")
			last := lines[max(0, len(lines)-40):]
			lines = slices.DeleteFunc(lines[:len(lines)-len(last)], func(line string) bool { return strings.Contains(line, "level=INFO") })
			t.Errorf("the server's log, of what went wrong and at last:\n%s", strings.Join(append(lines, last...), ""))
		}
	})
	return p
}

// try runs a command and returns all that it says. One that does not end is made
// to say where it stands.
func (p *place) try(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := osexec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Dir = p.env, p.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGABRT) }
	cmd.WaitDelay = 5 * time.Second // for a child that keeps the output open
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p *place) run(command ...string) string {
	p.t.Helper()
	out, err := p.try(command...)
	if err != nil {
		p.t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return out
}

// dial returns a client of the server that runs, or comes.
func (p *place) dial() *client.Client {
	c := client.New(client.Config{Dial: client.DialSocket(p.dir + "/run/xsh.sock")})
	p.t.Cleanup(c.Close)
	return c
}

// attach attaches a terminal of its own to a session.
func (p *place) attach(rows, cols uint16, session string) *term {
	p.t.Helper()
	t, err := startTerm(p.dir, p.env, rows, cols, false, false, []string{"xsh", "attach", session})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(t.close)
	return t
}

func (p *place) expect(t *term, pattern string) {
	p.t.Helper()
	if err := t.expect(regexp.MustCompile(pattern)); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end of a terminal's command.
func (p *place) exit(t *term, want int) {
	p.t.Helper()
	if code, err := t.wait(); err != nil || code != want {
		p.t.Errorf("the client ended with %d, %v; want %d", code, err, want)
	}
}

// read returns the first line of a file of the runtime directory.
func (p *place) read(file string) string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "run", file))
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// kill sends a signal to the process that a file names, once that is another
// than was, and returns it.
func (p *place) kill(file string, sig unix.Signal, was int) int {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		pid, err := strconv.Atoi(p.read(file))
		if err == nil && pid != was && unix.Kill(pid, sig) == nil {
			return pid
		}
	}
	p.t.Fatalf("no process in %s but %d", file, was)
	return 0
}

// exits returns the exit codes of all sessions that have ended, by name.
func (p *place) exits() map[string]int {
	p.t.Helper()
	out, err := osexec.Command("env", append(p.env, "xsh", "ls", "-a", "-o", "json")...).Output()
	var all []struct {
		Name string
		Exit *struct{ Code int }
	}
	if err == nil {
		err = json.Unmarshal(out, &all)
	}
	if err != nil {
		p.t.Fatalf("ls: %v\n%s", err, out)
	}
	codes := map[string]int{}
	for _, s := range all {
		if s.Exit != nil {
			codes[s.Name] = s.Exit.Code
		}
	}
	return codes
}

// await waits for what a tail is to close, and says what it was if that does not
// come.
func (p *place) await(event <-chan struct{}, what string) {
	p.t.Helper()
	select {
	case <-event:
	case <-time.After(2 * patience):
		out, _ := p.try("xsh", "ls", "-a")
		p.t.Fatalf("waited for %s for %s; xsh ls -a:\n%s", what, 2*patience, out)
	}
}
