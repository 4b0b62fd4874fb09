package child

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/turns"
)

// starter is the thread that starts programs.
type starter struct {
	umask    int   // this process's
	ownUmask error // why the thread has not one of its own
	nice     int
	// given are the limits that a program has without our doing; nil until one
	// was looked at. Go has changed this process's own, and undoes that for
	// each program.
	given map[string]Limit
}

// newStarter takes the calling goroutine's thread for good.
func newStarter() *starter {
	resetInternal()
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	turns.Usual()          // and so programs have them
	s := &starter{ownUmask: unix.Unshare(unix.CLONE_FS), nice: Nice()}
	if s.ownUmask == nil {
		s.umask = unix.Umask(0)
		unix.Umask(s.umask)
	}
	return s
}

func (s *starter) start(cmd *Command) (*Process, error) {
	p := &Process{stopped: cmd.Stopped, continued: cmd.Continued, tell: cmd.Ended, ended: make(chan struct{})}
	if cmd.Umask != nil && s.ownUmask == nil {
		unix.Umask(*cmd.Umask)
		defer unix.Umask(s.umask)
	} else if cmd.Umask != nil {
		p.refuse("umask", s.ownUmask)
	}
	for _, sig := range cmd.Ignored {
		if !Ignores(sig) { // for this moment the whole process does: it has no use for these signals
			setIgnored(sig, true)
			defer setIgnored(sig, false)
		}
	}
	if !s.differs(cmd) {
		pid, err := cmd.fork(false)
		p.PID = pid
		return p, err
	}
	return p, s.startTraced(cmd, p)
}

// differs reports whether a program would not have cmd's limits and niceness
// if nothing was done.
func (s *starter) differs(cmd *Command) bool {
	if cmd.Nice != nil && *cmd.Nice != s.nice || cmd.Place != nil {
		return true
	}
	for name, l := range cmd.Limits {
		if have, known := s.given[name]; !known || have != l {
			return true
		}
	}
	return false
}

// startTraced starts cmd so that it stands at its first instruction, where its
// limits are set. Where the system refuses that they are set a moment later.
func (s *starter) startTraced(cmd *Command, p *Process) (err error) {
	traced := !privileged(cmd.Path)
	if traced {
		p.PID, err = cmd.fork(true)
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
			traced = false
		}
	}
	if !traced {
		if p.PID, err = cmd.fork(false); err == nil {
			s.surround(cmd, p)
			err = cmd.place(p.PID)
		}
		return err
	}
	if err != nil {
		return err
	}
	if ws := waitFor(p.PID); !ws.Stopped() { // somebody killed it; there is nobody else to tell
		p.status = ws
		return nil
	}
	s.surround(cmd, p)
	err = cmd.place(p.PID)
	unix.PtraceDetach(p.PID) // fails for one that was killed, which its end tells
	return err
}

func (s *starter) surround(cmd *Command, p *Process) {
	if cmd.Nice != nil && *cmd.Nice != s.nice {
		p.refuse("niceness", unix.Setpriority(unix.PRIO_PROCESS, p.PID, *cmd.Nice))
	}
	given := make(map[string]Limit)
	for name, resource := range resources {
		var have unix.Rlimit
		if unix.Prlimit(p.PID, resource, nil, &have) != nil {
			continue
		}
		given[name] = NewLimit(have.Cur, have.Max)
		want, asked := cmd.Limits[name]
		if !asked || given[name] == want {
			continue
		}
		p.refuse("limit "+name, setLimit(p.PID, resource, want, have))
	}
	if len(given) > 0 {
		s.given = given
	}
}

// setLimit sets a limit, as near as this process's own allow.
func setLimit(pid, resource int, want Limit, have unix.Rlimit) error {
	err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: want.Soft, Max: want.Hard}, nil)
	if err == nil || want.Hard <= have.Max {
		return err
	}
	return errors.Join(err, unix.Prlimit(pid, resource, &unix.Rlimit{Cur: min(want.Soft, have.Max), Max: have.Max}, nil))
}

func (p *Process) refuse(what string, err error) {
	if err != nil {
		p.Refused = append(p.Refused, fmt.Errorf("%s: %w", what, err))
	}
}

// privileged reports whether a program gets rights that its user does not have,
// and that it would not get while it is traced.
func privileged(path string) bool {
	if os.Geteuid() == 0 {
		return false
	}
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil && st.Mode&(unix.S_ISUID|unix.S_ISGID) != 0 {
		return true
	}
	n, err := unix.Getxattr(path, "security.capability", nil)
	return err == nil && n > 0
}

// resources are the limits by the names that prlimit(1) has for them.
var resources = map[string]int{
	"as": unix.RLIMIT_AS, "core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
	"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK,
	"msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE,
	"nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// Limits returns this process's limits, as it was started with them.
func Limits() map[string]Limit {
	limits := make(map[string]Limit, len(resources))
	for name, resource := range resources {
		var l unix.Rlimit
		if unix.Prlimit(0, resource, nil, &l) == nil {
			limits[name] = NewLimit(l.Cur, l.Max)
		}
	}
	if own := limits["nofile"]; own.Soft == own.Hard-1 {
		limits["nofile"] = openFiles(own)
	}
	return limits
}

// openFiles returns the limit of open files that this process was started
// with, of which it has own. Go raises the soft one, to one below the hard one,
// before any code of ours runs, and tells nobody what it was; but it gives it to
// each child. So a child says it, one that never runs. Where that is refused,
// whoever started us has it, unless that was a shell that became us.
func openFiles(own Limit) Limit {
	runtime.LockOSThread() // only this thread may end the tracing
	defer runtime.UnlockOSThread()
	asked, isParent := os.Getppid(), true
	self := Command{Path: "/proc/self/exe", Args: []string{"xsh"}, Dir: "/"}
	if pid, err := self.fork(true); err == nil {
		asked, isParent = pid, false
		defer func() {
			unix.Kill(pid, unix.SIGKILL)
			waitFor(pid)
		}()
		waitFor(pid)
	}
	var l unix.Rlimit
	if unix.Prlimit(asked, unix.RLIMIT_NOFILE, nil, &l) != nil || isParent && l.Max != own.Hard {
		return own
	}
	return NewLimit(l.Cur, l.Max)
}

// waitFor waits for a traced child's next stop, or its end, and returns it.
func waitFor(pid int) (ws unix.WaitStatus) {
	for {
		if _, err := unix.Wait4(pid, &ws, unix.WALL, nil); err != unix.EINTR {
			return ws
		}
	}
}

// Nice returns this process's niceness.
func Nice() int {
	// The system call gives 20 less it, so as to be positive.
	n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return 20 - n
}

// Umask returns this process's.
func Umask() int {
	data, _ := os.ReadFile("/proc/self/status")
	if mask, ok := statusField(data, "Umask", 8); ok {
		return mask
	}
	mask := unix.Umask(0o077) // for a moment the strictest; tells what it was
	unix.Umask(mask)
	return mask
}

// Ignorable are the signals that a program may be started ignoring: those of
// job control. A script's background jobs ignore the interrupt key's as well,
// which is not meant for a program with a terminal of its own.
var Ignorable = []syscall.Signal{unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU}
