package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
			t.Errorf("the server's log, at last:\n%s", strings.Join(lines[max(0, len(lines)-80):], ""))
		}
	})
	return p
}

// try runs a command and returns all that it says.
func (p *place) try(command ...string) (string, error) {
	cmd := osexec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Dir = p.env, p.dir
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

// sessionsUnderLoad starts sessions of the program lines, some of them with a
// terminal that is attached: of the sessions' size, and one of another.
func (p *place) sessionsUnderLoad(count int) (names []string, tails map[string]*term, smaller *term) {
	tails = map[string]*term{}
	for i := range count {
		name := fmt.Sprintf("s%d", i)
		names = append(names, name)
		kind := []string{"plain", "alternate", "title"}[i%3]
		command := []string{"xsh", "new", "-d", name, "--", "lines", strconv.Itoa(i % 100), kind}
		if i >= 4 {
			p.run(command...)
			continue
		}
		p.run(append(command, "wait")...)
		tail := p.attach(24, 80, name)
		p.expect(tail, "ready")
		tail.write("\r")
		p.expect(tail, `line \d+`)
		tails[name] = tail
	}
	smaller, err := startTerm(p.dir, p.env, 10, 40, false, false, []string{"xsh", "attach", "--no-resize", names[0]})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(smaller.close)
	p.expect(smaller, `line \d+`)
	return names, tails, smaller
}

// finish ends the sessions and checks that nothing was lost of them.
func (p *place) finish(names []string, tails map[string]*term, smaller *term) {
	p.t.Helper()
	for _, name := range names[len(tails):] {
		t := p.attach(24, 80, name) // comes late, and sees the end
		tails[name] = t
		p.expect(t, `line \d+`)
	}
	for name, t := range tails {
		if err := t.write("\r"); err != nil {
			p.t.Error(name, err)
		}
	}
	for i, name := range names {
		p.exit(tails[name], i%100)
	}
	p.exit(smaller, 0)
	codes := p.exits()
	for i, name := range names {
		if code, ended := codes[name]; !ended || code != i%100 {
			p.t.Errorf("%s: exit code %d, %v; want %d", name, code, ended, i%100)
		}
	}
}

// TestKilledUnderLoad: nothing of a session is lost when its server is killed at
// any moment, again and again.
func TestKilledUnderLoad(t *testing.T) {
	sessions, kills := 10, 20
	if soaking() {
		sessions, kills = 50, 100
	}
	p := newPlace(t)
	names, tails, smaller := p.sessionsUnderLoad(sessions)
	whole := map[string]*term{}
	for name, tail := range tails {
		whole[name] = tail
	}
	pid := 0
	for i := range kills {
		pid = p.kill("server.pid", unix.SIGKILL, pid)
		if i%4 != 0 { // else the next one may be killed while it starts
			p.run("xsh", "server", "status")
		}
		time.Sleep(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))) // any moment is one
	}
	p.finish(names, tails, smaller)
	for name, tail := range whole {
		if fault := missing(tail.output()); fault != "" {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestUpgradedUnderLoad: nor is anything lost, keys included, when another
// version takes over.
func TestUpgradedUnderLoad(t *testing.T) {
	sessions, upgrades := 10, 10
	if soaking() {
		sessions, upgrades = 50, 50
	}
	p := newPlace(t)
	names, tails, smaller := p.sessionsUnderLoad(sessions)
	whole := map[string]*term{}
	for name, tail := range tails {
		whole[name] = tail
	}
	p.run("xsh", "new", "-d", "keys", "--", "sh", "-c", "stty -echo; echo ready; cat")
	keys := p.attach(24, 80, "keys")
	p.expect(keys, "ready")
	stop, typed := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				typed <- n
				return
			case <-time.After(2 * time.Millisecond):
				keys.write(numbered(n)[:len(numbered(n))-1])
			}
		}
	}()
	for i := range upgrades {
		p.run([]string{"xsh-v9", "xsh"}[i%2], "server", "upgrade")
	}
	close(stop)
	n := <-typed
	keys.write(fmt.Sprintf("all %d\r", n))
	p.expect(keys, `all \d+\r\n`)
	if fault := missing(keys.output()); fault != "" {
		t.Errorf("keys: %s", fault)
	}
	keys.write("\x04")
	p.exit(keys, 0)
	p.finish(names, tails, smaller)
	for name, tail := range whole {
		if fault := missing(tail.output()); fault != "" {
			t.Errorf("%s: %s", name, fault)
		}
	}
}
