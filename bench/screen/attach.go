package main

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// maxAttach is how many times tmux's an attach may take.
const maxAttach = 1.5

// attach measures the time from starting an attach to the screen being shown,
// beside tmux with the same content.
func attach(o options, r *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	x, err := startServer(o.xsh)
	if err != nil {
		return err
	}
	defer x.stop()
	tm, err := startTmux()
	if err != nil {
		r.skip("attach beside tmux", err)
	} else {
		defer tm.stop()
	}
	for _, c := range []struct {
		name  string
		lines int
		args  []string
	}{
		{"attach, one screen", 20, nil},
		{"attach, of 10,000 lines the screen", 10000, []string{"--history", "-1"}},
		{"attach, 10,000 lines", 10000, nil},
	} {
		session := strconv.Itoa(len(x.sessions))
		content := []string{self, fillVerb, strconv.Itoa(c.lines)}
		if err := x.start(session, content); err != nil {
			return err
		}
		if tm == nil {
			continue
		}
		if err := tm.start(session, content); err != nil {
			return err
		}
		ours := func() *osexec.Cmd { return x.command(append([]string{"attach", session}, c.args...)...) }
		theirs := func() *osexec.Cmd { return tm.command("attach-session", "-t", session) }
		a, b, err := race(10*o.runs+1, ours, theirs)
		if err != nil {
			return err
		}
		r.atMost(c.name, median(a)/median(b), maxAttach, fmt.Sprintf("%.1f ms (fastest %.1f), tmux %.1f (%.1f)",
			median(a), slices.Min(a), median(b), slices.Min(b)))
	}
	return nil
}

// race shows two commands in turn and returns the milliseconds that each took.
func race(runs int, a, b func() *osexec.Cmd) (ta, tb []float64, err error) {
	var times [2][]float64
	for i := range 1 + runs {
		for j, cmd := range []func() *osexec.Cmd{a, b} {
			took, err := shown(cmd(), fillMark)
			if err != nil {
				return nil, nil, err
			}
			if i > 0 { // the first one may have waited for the content
				times[j] = append(times[j], milliseconds(took))
			}
		}
	}
	return times[0], times[1], nil
}

// tmuxServer is a tmux of our own.
type tmuxServer struct{ dir string }

func startTmux() (*tmuxServer, error) {
	if _, err := osexec.LookPath("tmux"); err != nil {
		return nil, fmt.Errorf("tmux is not installed")
	}
	dir, err := os.MkdirTemp("", "xsh-bench-")
	if err != nil {
		return nil, err
	}
	tm := &tmuxServer{dir}
	config := "set -g history-limit 10000\nset -g status off\n"
	return tm, os.WriteFile(filepath.Join(dir, "conf"), []byte(config), 0o600)
}

func (t *tmuxServer) command(args ...string) *osexec.Cmd {
	args = append([]string{"-S", filepath.Join(t.dir, "socket"), "-f", filepath.Join(t.dir, "conf")}, args...)
	cmd := osexec.Command("tmux", args...)
	cmd.Env = environment("")
	return cmd
}

func (t *tmuxServer) start(session string, program []string) error {
	args := append([]string{"new-session", "-d", "-x", "80", "-y", "24", "-s", session, "--"}, program...)
	if out, err := t.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("tmux: %w: %s", err, out)
	}
	return nil
}

func (t *tmuxServer) stop() {
	t.command("kill-server").Run()
	time.Sleep(100 * time.Millisecond) // it says so before it has ended
	os.RemoveAll(t.dir)
}
