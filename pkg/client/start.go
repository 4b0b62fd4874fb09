package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	osexec "os/exec"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
)

// DefaultSocket returns the path of the socket on which the user's server listens, or
// will listen once it is started: that of XSH_DIR, else of XSH_SOCKET, which programs in
// a session have, else of XDG_RUNTIME_DIR, else in /tmp. The directory that it is in may
// be missing. One that is there must be this user's own, closed to others and no symbolic
// link: the error says what is wrong with it.
func DefaultSocket() (string, error) {
	p, err := paths.Find(os.Getenv)
	if err != nil {
		return "", err
	}
	if err := p.CheckDir(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return p.Socket, nil
}

// StartConfig says which server to start, and how. The zero value is for the user's own.
type StartConfig struct {
	// Socket is where the server listens; empty is DefaultSocket's.
	Socket string
	// Program is the xsh that becomes the server; empty is the one that PATH has.
	Program string
	// Env is the server's environment, as in os/exec's Cmd; nil is this process's own.
	Env []string
	// Warn, if not nil, is told what a server that was started has to say to a person
	// although it is ready: that it runs without a log, for one.
	Warn func(text string)
}

// KeeperCommand is what a program of xsh is called with to start a server and to hold its
// sessions. No release changes it: any release may be asked to by any other.
const KeeperCommand = "keeper"

// Start returns once a server listens on the socket. Where none does it starts one, which
// goes on when this process has ended. Any number of processes may call Start at once:
// one of them starts the server, and the others find it. A server that has lost its
// socket is asked to put it back. Start waits for as long as ctx lasts.
//
// A server with nothing to do leaves after a while. A call that is made too late gets an
// error that wraps ErrNoServer: start another server then.
func Start(ctx context.Context, cfg StartConfig) error {
	var err error
	if cfg.Socket == "" {
		if cfg.Socket, err = DefaultSocket(); err != nil {
			return err
		}
	}
	if cfg.Program == "" {
		if cfg.Program, err = osexec.LookPath("xsh"); err != nil {
			return fmt.Errorf("find the program of the server: %w", err)
		}
	}
	if cfg.Env == nil {
		cfg.Env = os.Environ()
	}
	p, err := paths.At(cfg.Socket, os.Getenv)
	if err != nil {
		return err
	}
	return launch.Start{
		Paths:   p,
		Command: []string{cfg.Program, KeeperCommand},
		Env:     append(cfg.Env[:len(cfg.Env):len(cfg.Env)], "XSH_DIR="+p.Dir, "XSH_SOCKET="+p.Socket),
		Warn:    cfg.Warn,
	}.Ensure(ctx)
}
