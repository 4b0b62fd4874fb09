package local

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
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
	// ShellDir is a directory of the user's own for the scripts with which shells
	// mark their prompts, and for the command lines of xsh run; empty is none, and
	// shells are started as they are. There is also what sessions get of the
	// environment of whoever leads them.
	ShellDir string
	// Grace is how long a closed session's program may take to end after
	// SIGHUP before it gets SIGKILL; zero means DefaultGrace.
	Grace time.Duration
	// Logger is told what of a client's surroundings the system refused to give
	// to a program; nil means nobody.
	Logger logging.Logger
	// Ended, if not nil, is told how a session's program ended before the
	// system forgets it: whoever holds the sessions for a server that may die
	// learns it in any case. It must not wait for long.
	Ended func(sessionID string, status exec.ExitStatus)
	// Scopes gives each program a control group of its own; nil gives none.
	Scopes Scopes
}

// New returns the handler.
func New(cfg Config) exec.Handler {
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	if cfg.Logger == nil {
		cfg.Logger = logging.Discard()
	}
	l := &launcher{cfg: cfg, programs: make(map[string]*program)}
	return exec.Handler{
		Plugin:         Plugin,
		Resource:       Resource,
		TTYHandler:     l.terminal,
		ReturnsAtStart: true,
		CommandHandler: l.command,
		Signal:         l.signal,
		SendSignal:     l.send,
		Stopped:        l.stopped,
		Leads:          l.leads,
		OnStop:         func(changed func(string)) { l.changed = changed },
		PID:            l.pid,
		Adopt:          l.adopt,
		CloseGrace:     cfg.Grace + 2*time.Second,
	}
}

// launcher starts programs and knows those that run.
type launcher struct {
	cfg     Config
	changed func(sessionID string) // nil, or set before anything starts

	mu       sync.Mutex          // guards the fields below
	programs map[string]*program // by session ID
	scripts  bool                // the shells' are written
}

// program is what a session runs: the leader of a process group.
type program struct {
	*child.Process
	// frozen: somebody asked for the stop of the whole program, which stands
	// until he asks for its end.
	frozen atomic.Bool
	memory
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
	if err := makeSane(tty, characters(opts.ResourceData[DataTerminal])); err != nil {
		return fmt.Errorf("set up the terminal: %w", err)
	}
	l.markShell(&cmd, opts)
	cmd.Files = [3]*os.File{tty, tty, tty}
	cmd.Terminal = true
	p, err := l.start(opts, cmd)
	if err != nil {
		return err
	}
	// The program has it; Go's poller would wake at each key that it reads.
	tty.Close()
	go func() { stopCh <- l.await(pluginctx, opts.ID, p) }() // ends with the program
	return nil
}

// start starts cmd as the program of a session.
func (l *launcher) start(opts exec.SessionOptions, cmd child.Command) (*program, error) {
	p, id := &program{}, opts.ID
	if err := l.place(&cmd, p, opts); err != nil {
		return nil, err
	}
	changed := func() { l.tellChange(id) }
	cmd.Stopped = func(c *child.Process, by syscall.Signal) {
		if !p.goOn(c.PID, by) {
			changed()
		}
	}
	cmd.Continued = changed
	cmd.Ended = func(ws unix.WaitStatus) {
		if ws.Signaled() {
			l.outOfMemory(p, ws.Signal())
		}
		if l.cfg.Ended != nil {
			l.cfg.Ended(id, p.explained(statusOf(ws)))
		}
	}
	started, err := child.Start(cmd)
	if err != nil {
		return nil, startError(cmd.Path, err)
	}
	for _, err := range started.Refused {
		l.cfg.Logger.Warn("a program did not get what its client has", "session", id, "error", err)
	}
	p.Process = started
	l.mu.Lock()
	l.programs[id] = p
	l.mu.Unlock()
	return p, nil
}

// goOn continues a program that stopped itself: it has no shell above it that
// could. One that may not use the terminal would stop again at once, and stays
// stopped.
func (p *program) goOn(pid int, stoppedBy syscall.Signal) bool {
	if p.frozen.Load() || stoppedBy == unix.SIGTTIN || stoppedBy == unix.SIGTTOU {
		return false
	}
	unix.Kill(-pid, unix.SIGCONT)
	return true
}

// await waits for a program's end, which it brings about when the session is
// closed, and returns how it ended.
func (l *launcher) await(pluginctx *types.PluginContext, id string, p *program) error {
	defer l.forget(id, p)
	select {
	case <-p.Ended():
	case <-pluginctx.Ctx().Done():
		l.end(p)
	}
	return endOf(p.explained(statusOf(p.Status())))
}

// forget forgets a program, unless another session has its ID by now.
func (l *launcher) forget(id string, p *program) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.programs[id] == p {
		delete(l.programs, id)
	}
}

// find returns the program of a session, or nil.
func (l *launcher) find(id string) *program {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.programs[id]
}

// end hangs up the group and, after the grace period, kills what is left of
// it. It returns when the leader has ended.
func (l *launcher) end(p *program) {
	p.frozen.Store(false)
	// Also what is stopped has to hear it.
	unix.Kill(-p.PID, unix.SIGHUP)
	unix.Kill(-p.PID, unix.SIGCONT)
	kill := time.NewTimer(l.cfg.Grace)
	defer kill.Stop()
	ended := p.Ended()
	// The group outlives its leader while it has members; there is no event
	// for its end.
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		look := time.NewTimer(pause)
		select {
		case <-ended:
			ended = nil
		case <-look.C:
		case <-kill.C:
			p.killed.Store(true)
			unix.Kill(-p.PID, unix.SIGKILL)
			<-p.Ended()
			return
		}
		look.Stop()
		if ended == nil && !groupLives(p.PID) {
			return
		}
	}
}

// signal implements exec.SignalFunc.
func (l *launcher) signal(pluginctx *types.PluginContext, id string, signal exec.StreamSignal) error {
	number := unix.SignalNum(signal.String())
	if number == 0 {
		return fmt.Errorf("%v cannot be sent to a program", signal)
	}
	return l.send(pluginctx, id, number)
}

// send sends a signal to the process group that the terminal's keyboard belongs
// to, as a key would: a shell's job, not the shell that waits for it. Without a
// terminal it goes to the program's own group.
func (l *launcher) send(_ *types.PluginContext, id string, signal syscall.Signal) error {
	p := l.find(id)
	if p == nil {
		return exec.NewSessionClosedError(id)
	}
	group := p.PID
	if g := foreground(p.PID); g > 0 {
		group = g
	}
	switch signal {
	case unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
		p.frozen.Store(group == p.PID)
	case unix.SIGCONT:
		p.frozen.Store(false)
	case unix.SIGKILL:
		p.killed.Store(true)
	}
	if err := unix.Kill(-group, signal); err != nil {
		return fmt.Errorf("send %s: %w", exec.SignalName(signal), err)
	}
	return nil
}

// stopped reports whether a session's program stands still.
func (l *launcher) stopped(id string) bool {
	p := l.find(id)
	return p != nil && p.StoppedBy() != 0
}

// pid returns the process ID of a session's program, 0 if there is none.
func (l *launcher) pid(id string) int {
	if p := l.find(id); p != nil {
		return p.PID
	}
	return 0
}

// adopt takes over a program that another server started.
func (l *launcher) adopt(pluginctx *types.PluginContext, a exec.AdoptedProgram) error {
	p := &program{Process: child.Adopted(a.PID)}
	if l.cfg.Scopes != nil {
		p.group = l.cfg.Scopes.Of(a.PID)
	}
	l.mu.Lock()
	l.programs[a.SessionID] = p
	l.mu.Unlock()
	if child.StandsStill(a.PID) { // whoever wanted that, it stays so
		p.MarkStopped(unix.SIGSTOP)
		p.frozen.Store(true)
		l.tellChange(a.SessionID)
	}
	go func() { // ends with the program
		defer l.forget(a.SessionID, p)
		var status exec.ExitStatus
		gone := make(chan struct{})
		go func() {
			status = <-a.Ended
			if status.Signal == exec.SignalName(unix.SIGKILL) {
				l.outOfMemory(p, unix.SIGKILL)
			}
			p.MarkEnded()
			close(gone)
		}()
		if !l.follow(a, p, gone, pluginctx.Ctx().Done()) {
			l.end(p)
			<-gone
		}
		a.Stop <- endOf(p.explained(status))
	}()
	return nil
}

// follow takes note of the stops of an adopted program until it is gone; false says
// that it shall end before.
func (l *launcher) follow(a exec.AdoptedProgram, p *program, gone, end <-chan struct{}) bool {
	for {
		select {
		case <-gone:
			return true
		case <-end:
			return false
		case by := <-a.Stops:
			p.MarkStopped(by)
			if by == 0 || !p.goOn(p.PID, by) {
				l.tellChange(a.SessionID)
			}
		}
	}
}

// tellChange says that a session's program was stopped or goes on.
func (l *launcher) tellChange(id string) {
	if l.changed != nil {
		l.changed(id)
	}
}

// endOf is a program's end as an error; nil for success.
func endOf(st exec.ExitStatus) error {
	if st == (exec.ExitStatus{}) {
		return nil
	}
	return &exec.ExitError{Status: st}
}

func statusOf(ws unix.WaitStatus) exec.ExitStatus {
	if ws.Signaled() {
		return exec.ExitStatus{Code: 128 + int(ws.Signal()), Signal: exec.SignalName(ws.Signal())}
	}
	return exec.ExitStatus{Code: ws.ExitStatus()}
}
