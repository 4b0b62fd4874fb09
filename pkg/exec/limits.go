package exec

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// roomForSession says why there can be no session beside most others. The caller
// holds mu.
func (m *Manager) roomForSession(most int) error {
	active := 0
	for _, s := range m.order {
		if !s.ended() {
			active++
		}
	}
	if active < most {
		return nil
	}
	return NewTerminalError("", &ExecError{
		Err:        fmt.Errorf("there are %d sessions, as many as there may be", active),
		Suggestion: "end some with xsh kill, or raise the setting max_sessions",
	})
}

// roomFor says why a client cannot attach beside most others. One that comes
// back, or that detaches all others, always can. The caller holds mu.
func (s *session) roomFor(a *Attachment, most int, comesBack bool) error {
	if n := len(s.clients.all); n >= most && !comesBack && !a.opts.DetachOthers {
		return NewTerminalError(s.id, &ExecError{
			Err:        fmt.Errorf("session %q has as many clients as it may have, %d", s.info.Name, n),
			Suggestion: "xsh attach -D detaches the others; the setting max_clients says how many there may be",
		})
	}
	return nil
}

// A process that has as many files open as it may can do nothing any more, not
// even be told to end a session. So new sessions are refused first and new
// clients next, while there are some descriptors left for those who want to look
// and to end something.
const (
	filesForSession = 64
	filesForClient  = 24
)

// roomForFiles says why what is to be done would leave fewer than n descriptors.
func roomForFiles(id string, n int) error {
	if canOpen(n) {
		return nil
	}
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return NewTerminalError(id, &ExecError{
		Err:        fmt.Errorf("nearly all of the %d files are open that the server may have", limit.Cur),
		Suggestion: "end some sessions or detach clients; xsh doctor tells how to raise the limit",
	})
}

// trying has one at a time try how many descriptors there are: what a thousand
// creates at once tried to have would be more than there is.
var trying sync.Mutex

// canOpen tries to have n descriptors, for a moment. To know the lowest that is
// free would not do: there may be others in use above it.
func canOpen(n int) bool {
	trying.Lock()
	defer trying.Unlock()
	first, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return !noFilesLeft(err) // who has no /dev/null has other worries
	}
	fds := make([]int, 1, n)
	fds[0] = first
	for len(fds) < n && err == nil {
		var fd int
		if fd, err = unix.FcntlInt(uintptr(first), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			fds = append(fds, fd)
		}
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	return !noFilesLeft(err)
}

func noFilesLeft(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }
