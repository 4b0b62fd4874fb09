package main

import (
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
)

// xshServer is a server of our own.
type xshServer struct {
	xsh, dir string
	sessions []string
}

func startServer(xsh string) (*xshServer, error) {
	if _, err := os.Stat(xsh); err != nil {
		return nil, fmt.Errorf("no binary to measure: %w", err)
	}
	dir, err := os.MkdirTemp("", "xsh-bench-")
	if err != nil {
		return nil, err
	}
	return &xshServer{xsh: xsh, dir: dir}, nil
}

func (x *xshServer) command(args ...string) *osexec.Cmd {
	cmd := osexec.Command(x.xsh, args...)
	cmd.Env = environment(x.dir)
	return cmd
}

// start runs a program in a session with nobody attached.
func (x *xshServer) start(name string, program []string) error {
	args := append([]string{"new", "-d", name, "--"}, program...)
	if out, err := x.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("xsh new: %w: %s", err, out)
	}
	x.sessions = append(x.sessions, name)
	return nil
}

func (x *xshServer) stop() {
	x.command("server", "stop", "--force").Run()
	os.RemoveAll(x.dir)
}

// environment is ours, without what tells a program that it runs inside a
// session or tmux.
func environment(dir string) []string {
	env := []string{"TERM=xterm-256color", "XSH_DIR=" + dir, "XDG_STATE_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name != "TERM" && name != "TMUX" && !strings.HasPrefix(name, "XSH_") && !strings.HasPrefix(name, "XDG_") {
			env = append(env, v)
		}
	}
	return env
}
