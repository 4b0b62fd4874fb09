// Package local is the handler local/shell: the user's login shell, or a
// command, on this machine. Its programs run in the directory and with the
// environment of the client that asked for them, each as leader of a session
// of its own with the terminal as controlling terminal.
package local

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// The handler's name.
const (
	Plugin   = "local"
	Resource = "shell"
	Key      = Plugin + "/" + Resource
)

// DefaultGrace is how long a program may take to end after SIGHUP.
const DefaultGrace = 3 * time.Second

// Config configures the handler.
type Config struct {
	// Socket is the server's, for XSH_SOCKET; empty leaves that unset.
	Socket string
	// Grace is how long a closed session's program may take to end after
	// SIGHUP before it gets SIGKILL; zero means DefaultGrace.
	Grace time.Duration
}

// New returns the handler.
func New(cfg Config) exec.Handler {
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	l := &launcher{cfg: cfg, leaders: make(map[string]int)}
	return exec.Handler{
		Plugin:         Plugin,
		Resource:       Resource,
		TTYHandler:     l.terminal,
		CommandHandler: l.command,
		Signal:         l.signal,
		CloseGrace:     cfg.Grace + 2*time.Second,
	}
}

// launcher starts programs and knows the process group of each.
type launcher struct {
	cfg Config

	mu      sync.Mutex     // guards leaders
	leaders map[string]int // by session ID
}

// terminal implements exec.TTYHandlerFunc.
func (l *launcher) terminal(
	pluginctx *types.PluginContext,
	opts exec.SessionOptions,
	tty *os.File,
	stopCh chan error,
	_ <-chan exec.SessionResizeInput,
) error {
	cmd, err := l.prepare(opts)
	if err != nil {
		return err
	}
	if err := makeSane(tty); err != nil {
		return fmt.Errorf("set up the terminal: %w", err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	ended, err := l.start(pluginctx.Ctx(), opts.ID, cmd)
	if err != nil {
		return err
	}
	go func() { stopCh <- <-ended }() // ends with the program
	return nil
}

// start runs cmd, which leads a new process group, and ends the group when ctx
// does. The channel receives how cmd ended.
func (l *launcher) start(ctx context.Context, id string, cmd *osexec.Cmd) (<-chan error, error) {
	if err := cmd.Start(); err != nil {
		return nil, startError(cmd, err)
	}
	leader := cmd.Process.Pid
	l.mu.Lock()
	l.leaders[id] = leader
	l.mu.Unlock()

	waited := make(chan error, 1)
	ended := make(chan error, 1)
	go func() { waited <- cmd.Wait() }()
	go func() {
		defer l.forget(id, leader)
		select {
		case err := <-waited:
			ended <- err
		case <-ctx.Done():
			ended <- l.end(leader, waited)
		}
	}()
	return ended, nil
}

// forget forgets a leader, unless another session has its ID by now.
func (l *launcher) forget(id string, leader int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leaders[id] == leader {
		delete(l.leaders, id)
	}
}

// end hangs up the group and, after the grace period, kills what is left of
// it. It returns how the leader ended.
func (l *launcher) end(leader int, waited <-chan error) error {
	hangUp(leader)
	kill := time.NewTimer(l.cfg.Grace)
	defer kill.Stop()
	// The group outlives its leader while it has members; there is no event
	// for its end.
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	var result error
	for leaderRuns := true; ; {
		select {
		case result = <-waited:
			waited, leaderRuns = nil, false
		case <-kill.C:
			unix.Kill(-leader, unix.SIGKILL)
			if leaderRuns {
				result = <-waited
			}
			return result
		case <-look.C:
		}
		if !leaderRuns && unix.Kill(-leader, 0) != nil {
			return result
		}
	}
}

// hangUp tells the group that its terminal is gone, and wakes what is stopped
// so that it hears.
func hangUp(leader int) {
	unix.Kill(-leader, unix.SIGHUP)
	unix.Kill(-leader, unix.SIGCONT)
}

// signal implements exec.SignalFunc: it goes to the program's process group.
func (l *launcher) signal(_ *types.PluginContext, id string, signal exec.StreamSignal) error {
	l.mu.Lock()
	leader, ok := l.leaders[id]
	l.mu.Unlock()
	number := unix.SignalNum(signal.String())
	switch {
	case number == 0:
		return fmt.Errorf("%v cannot be sent to a program", signal)
	case !ok:
		return exec.NewSessionClosedError(id)
	}
	if err := unix.Kill(-leader, number); err != nil {
		return fmt.Errorf("send %v: %w", signal, err)
	}
	return nil
}
