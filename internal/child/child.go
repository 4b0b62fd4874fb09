package child

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Command is a program to start. Path, Args, Dir and Env are as in os/exec.
type Command struct {
	Path string
	Args []string
	Dir  string
	Env  []string
	// Files are its standard input, output and error, all or none; it gets no
	// other file.
	Files [3]*os.File
	// Terminal makes the first of Files its controlling terminal. In any case
	// it leads a session, and so a process group, of its own.
	Terminal bool
	Surroundings
	// Place, if not nil, is called with the program's process before that has
	// begun to run, or just after where the system lets nobody hold it. With an
	// error there is no program.
	Place func(pid int) error
	// Stopped, if not nil, is called when a signal has stopped the program. It
	// must not block.
	Stopped func(p *Process, by syscall.Signal)
	// Continued, if not nil, is called when a stopped program goes on. It must not
	// block.
	Continued func()
	// Ended, if not nil, is called when the program has ended, before its
	// process is given back to the system: until then the system has its status
	// for whoever becomes its parent.
	Ended func(ws unix.WaitStatus)
}

// Surroundings are what a program inherits beside files and environment. What
// is not set is this process's own.
type Surroundings struct {
	Umask   *int
	Nice    *int
	Limits  map[string]Limit // by name, such as nofile; see Limits
	Ignored []syscall.Signal // of those in Ignorable
}

// Limit is a resource limit.
type Limit struct{ Soft, Hard uint64 }

// Unlimited is the Limit that there is none.
const Unlimited = ^uint64(0)

// NewLimit is a limit with the largest ones, which mean as much as none and
// which JSON has no exact numbers for, as Unlimited.
func NewLimit(soft, hard uint64) Limit {
	const exact = 1 << 53
	if soft > exact {
		soft = Unlimited
	}
	if hard > exact {
		hard = Unlimited
	}
	return Limit{soft, hard}
}

// Process is a program that was started.
type Process struct {
	PID int
	// Refused tells what of the surroundings the system refused.
	Refused []error

	stopped   func(*Process, syscall.Signal)
	continued func()
	tell      func(unix.WaitStatus)
	ended     chan struct{}
	status    unix.WaitStatus // set before ended is closed

	mu     sync.Mutex
	stopBy syscall.Signal
}

// Ended is closed when the program has ended and its Status is known.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Status tells how the program ended; call it once Ended is closed.
func (p *Process) Status() unix.WaitStatus { return p.status }

// StoppedBy returns the signal that has stopped the program, or 0 if it runs
// or has ended.
func (p *Process) StoppedBy() syscall.Signal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopBy
}

// Adopted returns a Process for a program that is no child of this process. Its
// end is what MarkEnded says.
func Adopted(pid int) *Process { return &Process{PID: pid, ended: make(chan struct{})} }

// MarkStopped says that a signal has stopped an adopted program, or, with 0, that
// the program goes on.
func (p *Process) MarkStopped(by syscall.Signal) { p.note(by) }

// MarkEnded says that an adopted program has ended.
func (p *Process) MarkEnded() { close(p.ended) }

// all are the programs of this process.
var all = family{known: make(map[int]*Process)}

// family is what starts programs and waits for them.
type family struct {
	mu    sync.Mutex
	known map[int]*Process
	users int // programs that live or are being started
	jobs  chan job
	quit  chan struct{}
}

type job struct {
	cmd  Command
	done chan result
}

type result struct {
	p   *Process
	err error
}

// Start starts a program. An error is the system's, as of syscall.ForkExec.
//
// It waits for nobody else's start, also while the files of another program are
// on a mount that does not answer.
func Start(cmd Command) (*Process, error) {
	cmd.reach()
	jobs := all.use()
	done := make(chan result, 1)
	jobs <- job{cmd, done}
	r := <-done
	if r.err != nil {
		all.release()
		return nil, r.err
	}
	// SIGCHLD may have come before the process was known.
	all.look()
	return r.p, nil
}

// Keep has the goroutines and the thread stay until the returned function is
// called, also while there is no program: a thread that was given back may not
// be had again.
func Keep() (release func()) {
	all.use()
	return sync.OnceFunc(all.release)
}

// use keeps the two goroutines going until release is called as often.
func (f *family) use() chan<- job {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users++
	if f.users == 1 {
		f.jobs, f.quit = make(chan job), make(chan struct{})
		news := make(chan os.Signal, 1) // one is enough: all are looked at
		signal.Notify(news, unix.SIGCHLD)
		go f.startAll(f.jobs)
		go f.watch(news, f.quit)
	}
	return f.jobs
}

func (f *family) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	if f.users == 0 {
		close(f.jobs)
		close(f.quit)
	}
}

// startAll starts what it is given. It ends when jobs is closed, and its
// thread with it.
func (f *family) startAll(jobs <-chan job) {
	t := newStarter()
	for j := range jobs {
		p, err := t.start(&j.cmd)
		if err == nil {
			f.mu.Lock()
			f.known[p.PID] = p
			f.mu.Unlock()
		}
		j.done <- result{p, err}
	}
}

func (f *family) watch(news chan os.Signal, quit <-chan struct{}) {
	defer signal.Stop(news)
	for {
		select {
		case <-news:
			f.look()
		case <-quit:
			return
		}
	}
}

// look asks for each program what happened to it.
func (f *family) look() {
	f.mu.Lock()
	var ended []*Process
	for pid, p := range f.known {
		if p.look() {
			delete(f.known, pid)
			ended = append(ended, p)
		}
	}
	f.mu.Unlock()
	for _, p := range ended {
		close(p.ended)
		f.release()
	}
}

// look takes what the system has to tell of p and reports whether p has ended.
func (p *Process) look() (ended bool) {
	for {
		if p.tell != nil {
			if ws, ok := exited(p.PID); ok {
				p.tell(ws)
				p.tell = nil
			}
		}
		var ws unix.WaitStatus
		pid, err := unix.Wait4(p.PID, &ws, unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil: // somebody else has waited for it: it is gone
			return true
		case pid == 0:
			return false
		case ws.Stopped():
			p.note(ws.StopSignal())
			if p.stopped != nil {
				p.stopped(p, ws.StopSignal())
			}
		case ws.Continued():
			p.note(0)
			if p.continued != nil {
				p.continued()
			}
		default:
			p.note(0)
			p.status = ws
			return true
		}
	}
}

func (p *Process) note(stopBy syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopBy = stopBy
}

// fork starts cmd and returns its process ID.
func (cmd *Command) fork(traced bool) (int, error) {
	attr := &syscall.ProcAttr{
		Dir: cmd.Dir, Env: cmd.Env,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: cmd.Terminal, Ctty: 0, Ptrace: traced},
	}
	for _, f := range cmd.Files {
		if f == nil {
			break // all are there, or none
		}
		// Fd also makes reads of the file block, as a program expects.
		attr.Files = append(attr.Files, f.Fd())
	}
	return syscall.ForkExec(cmd.Path, cmd.Args, attr)
}

// place has a program put where it belongs, and ends it if that cannot be: it
// was never there.
func (cmd *Command) place(pid int) error {
	if cmd.Place == nil {
		return nil
	}
	err := cmd.Place(pid)
	if err != nil {
		unix.Kill(pid, unix.SIGKILL)
		var ws unix.WaitStatus
		for {
			if _, waiting := unix.Wait4(pid, &ws, 0, nil); waiting != unix.EINTR && !ws.Stopped() {
				return err
			}
		}
	}
	return nil
}
