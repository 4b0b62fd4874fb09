package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// peer is one way to have a program on a terminal. What it cannot do is nil.
type peer struct {
	name string
	dir  string
	exe  string // what its server and its clients run; empty for raw
	env  []string

	open   func(session string, program ...string) []string // start a program and show it
	create func(session string, program ...string) []string // start it without showing it
	attach func(session string) []string
	list   func() []string
	kill   func(sessions ...string) error
	stop   func()

	detachKeys string
	marks      int             // that were typed; see marked
	ctx        context.Context // of the run: its commands end with it
}

// names of the peers, in the order of their turns and of the table's columns.
const (
	rawName   = "raw"
	dtachName = "dtach"
	tmuxName  = "tmux"
	baseName  = "base"
	xshName   = "xsh"
)

// peerNames are those that can be measured here.
func peerNames(o options) []string {
	names := []string{rawName}
	if _, err := osexec.LookPath("dtach"); err == nil && haveProc() {
		names = append(names, dtachName) // it has no way to end a session
	}
	if _, err := osexec.LookPath("tmux"); err == nil {
		names = append(names, tmuxName)
	}
	if o.base != "" {
		names = append(names, baseName)
	}
	return append(names, xshName)
}

func newPeers(ctx context.Context, o options, dir string) ([]*peer, error) {
	var peers []*peer
	for _, name := range peerNames(o) {
		p := &peer{name: name, dir: filepath.Join(dir, name), ctx: ctx, stop: func() {}}
		if err := os.Mkdir(p.dir, 0o700); err != nil {
			return nil, err
		}
		var err error
		switch name {
		case rawName:
			p.env = environment(p.dir)
			p.open = func(_ string, program ...string) []string { return program }
		case dtachName:
			err = p.asDtach()
		case tmuxName:
			err = p.asTmux()
		case baseName:
			err = p.asXsh(o.base)
		case xshName:
			err = p.asXsh(o.xsh)
		}
		peers = append(peers, p)
		if err != nil {
			return peers, fmt.Errorf("%s: %w", name, err)
		}
	}
	return peers, nil
}

// keeper is the session that keeps a server from leaving when others end.
const keeper = "keep"

func (p *peer) asXsh(binary string) error {
	p.beXsh(binary)
	return p.do(p.create(keeper, "sleep", "100000")...)
}

// beXsh is asXsh without a session.
func (p *peer) beXsh(binary string) {
	p.exe = binary
	p.env = environment(p.dir, "XSH_DIR="+p.dir+"/x", "XSH_TITLE=false", "XDG_RUNTIME_DIR="+p.dir, "XDG_STATE_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	p.open = func(session string, program ...string) []string {
		return append([]string{binary, "new", session, "--"}, program...)
	}
	p.create = func(session string, program ...string) []string {
		return append([]string{binary, "new", "-d", session, "--"}, program...)
	}
	p.attach = func(session string) []string { return []string{binary, "attach", session} }
	p.list = func() []string { return []string{binary, "ls"} }
	p.kill = func(sessions ...string) error { return p.do(append([]string{binary, "kill"}, sessions...)...) }
	p.stop = func() { p.end(binary, "server", "stop", "--force") }
	p.detachKeys = "\x1c\x1c"
}

func (p *peer) asTmux() error {
	tmux, err := osexec.LookPath("tmux")
	if err == nil {
		err = resolve(&tmux)
	}
	if err != nil {
		return err
	}
	conf := filepath.Join(p.dir, "conf")
	if err := os.WriteFile(conf, []byte("set -g history-limit 10000\nset -g status off\n"), 0o600); err != nil {
		return err
	}
	p.exe = tmux
	p.env = environment(p.dir)
	tm := func(args ...string) []string {
		return append([]string{tmux, "-S", filepath.Join(p.dir, "s"), "-f", conf}, args...)
	}
	p.open = func(session string, program ...string) []string {
		return append(tm("new-session", "-s", session, "--"), program...)
	}
	p.create = func(session string, program ...string) []string {
		return append(tm("new-session", "-d", "-x", "80", "-y", "24", "-s", session, "--"), program...)
	}
	p.attach = func(session string) []string { return tm("attach-session", "-t", "="+session) }
	p.list = func() []string { return tm("list-sessions") }
	p.kill = func(sessions ...string) error {
		args := tm()
		for _, session := range sessions {
			args = append(args, "kill-session", "-t", "="+session, ";")
		}
		return p.do(args...)
	}
	p.stop = func() { p.end(tm("kill-server")...) }
	p.detachKeys = "\x02d"
	return p.do(p.create(keeper, "sleep", "100000")...)
}

func (p *peer) asDtach() error {
	dtach, err := osexec.LookPath("dtach")
	if err == nil {
		err = resolve(&dtach)
	}
	if err != nil {
		return err
	}
	p.exe = dtach
	p.env = environment(p.dir)
	socket := func(session string) string { return filepath.Join(p.dir, session+".sock") }
	p.open = func(session string, program ...string) []string {
		return append([]string{dtach, "-c", socket(session)}, program...)
	}
	p.create = func(session string, program ...string) []string {
		return append([]string{dtach, "-n", socket(session)}, program...)
	}
	p.attach = func(session string) []string { return []string{dtach, "-a", socket(session)} }
	p.kill = func(sessions ...string) error {
		return endProcesses(func(pid int) bool {
			args := bytes.Split(readProc(pid, "cmdline"), []byte{0})
			return p.owns(pid) && len(args) > 2 && slices.Contains(sessions, strings.TrimSuffix(filepath.Base(string(args[2])), ".sock"))
		})
	}
	p.detachKeys = "\x1c"
	return nil
}

// command is a command of the peer's, or a program with its environment.
func (p *peer) command(args ...string) *osexec.Cmd {
	cmd := osexec.CommandContext(p.ctx, args[0], args[1:]...)
	cmd.Env = p.env
	return cmd
}

// do runs a command and wants it to succeed.
func (p *peer) do(args ...string) error {
	// Not a pipe: a server that a command starts may keep its end of it open.
	out, err := os.CreateTemp(p.dir, "out")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := p.command(args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(args, " "), err), errors.New(string(said)))
	}
	return nil
}

// end runs the command that ends the peer's server, also when the run was told
// to end.
func (p *peer) end(args ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 10*time.Second)
	defer cancel()
	cmd := osexec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = p.env
	cmd.Run() // a server that is gone, or does not go, is endAll's business
}
