//go:build !linux

package child

import (
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// starter starts programs. This system gives a thread no umask of its own and
// lets nobody set another process's limits.
type starter struct{}

func newStarter() *starter { return &starter{} }

func (s *starter) start(cmd *Command) (*Process, error) {
	p := &Process{stopped: cmd.Stopped, continued: cmd.Continued, tell: cmd.Ended, ended: make(chan struct{})}
	if cmd.Umask != nil {
		// For a moment the whole process has it: what this process makes meanwhile
		// has modes that say all.
		defer unix.Umask(unix.Umask(*cmd.Umask))
	}
	pid, err := cmd.fork(false)
	if err != nil {
		return nil, err
	}
	p.PID = pid
	if err := cmd.place(pid); err != nil {
		return nil, err
	}
	if cmd.Nice != nil && *cmd.Nice != Nice() {
		if err := unix.Setpriority(unix.PRIO_PROCESS, pid, *cmd.Nice); err != nil {
			p.Refused = append(p.Refused, fmt.Errorf("niceness: %w", err))
		}
	}
	if len(cmd.Limits) > 0 || len(cmd.Ignored) > 0 {
		p.Refused = append(p.Refused, errUnsupported)
	}
	return p, nil
}

var errUnsupported = errors.New("limits and ignored signals: not on this system")

// Limits returns nothing: they cannot be given to a program here.
func Limits() map[string]Limit { return nil }

// Nice returns this process's niceness.
func Nice() int {
	n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return n
}

// Umask returns this process's.
func Umask() int {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}

// Ignorable are the signals that a program may be started ignoring: none here.
var Ignorable []syscall.Signal

// Ignores reports whether this process ignores sig.
func Ignores(sig syscall.Signal) bool { return signal.Ignored(sig) }

// ResetIgnored does nothing here.
func ResetIgnored() {}
