package main

import (
	"context"
	"errors"
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

// beside measures the time from starting an attach to the screen being shown,
// beside tmux with the same content.
func (b *bench) beside(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	tm, err := b.startTmux()
	if err != nil {
		b.skip("attach beside tmux", err)
		return nil
	}
	defer tm.stop()
	for i, c := range []struct {
		what  string
		lines int
		args  []string
	}{
		{"attach, one screen", 20, nil},
		{"attach, of 10,000 lines the screen", 10000, []string{"--history", "-1"}},
		{"attach, 10,000 lines", 10000, nil},
	} {
		session := fmt.Sprintf("beside-%d", i)
		content := []string{self, fillVerb, strconv.Itoa(c.lines)}
		if err := b.do(ctx, append([]string{"new", "-d", session, "--"}, content...)...); err != nil {
			return err
		}
		if err := tm.start(session, content); err != nil {
			return err
		}
		ours := func() *osexec.Cmd { return b.command(ctx, append([]string{"attach", session}, c.args...)...) }
		theirs := func() *osexec.Cmd { return tm.command("attach-session", "-t", session) }
		x, y, err := race(10*b.runs+1, ours, theirs)
		if err != nil {
			return err
		}
		b.atMost(c.what, median(x)/median(y), maxAttach, "%.1f ms (fastest %.1f), tmux %.1f (%.1f)",
			median(x), slices.Min(x), median(y), slices.Min(y))
	}
	return b.do(ctx, "kill", "-a")
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

// shown returns how long a command takes until its terminal shows mark.
func shown(cmd *osexec.Cmd, mark string) (time.Duration, error) {
	start := time.Now()
	t, err := open(cmd)
	if err != nil {
		return 0, err
	}
	defer t.close()
	err = t.until(mark)
	return time.Since(start), err
}

// tmuxServer is a tmux of our own.
type tmuxServer struct {
	args []string
	env  []string
}

func (b *bench) startTmux() (*tmuxServer, error) {
	if _, err := osexec.LookPath("tmux"); err != nil {
		return nil, errors.New("tmux is not installed")
	}
	conf := filepath.Join(b.dir, "tmux.conf")
	tm := &tmuxServer{[]string{"-S", filepath.Join(b.dir, "tmux"), "-f", conf}, b.env}
	return tm, os.WriteFile(conf, []byte("set -g history-limit 10000\nset -g status off\n"), 0o600)
}

func (t *tmuxServer) command(args ...string) *osexec.Cmd {
	cmd := osexec.Command("tmux", append(slices.Clone(t.args), args...)...)
	cmd.Env = t.env
	return cmd
}

func (t *tmuxServer) start(session string, program []string) error {
	args := append([]string{"new-session", "-d", "-x", "80", "-y", "24", "-s", session, "--"}, program...)
	if out, err := t.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("tmux: %w: %s", err, out)
	}
	return nil
}

func (t *tmuxServer) stop() { t.command("kill-server").Run() }
