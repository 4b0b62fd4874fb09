// Package openfiles tells how near a process is to having as many files open as it
// may. Such a process can do nothing any more, not even be told to end a session: so
// what can wait is refused first, while there are some descriptors left.
package openfiles

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Limit returns how many files this process may have open.
func Limit() uint64 {
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur)
}

// trying has one at a time try how many descriptors there are: what a thousand at once
// tried to have would be more than there is.
var trying sync.Mutex

// Left reports whether n more files can be opened. Where that is not plain, it tries to
// have that many descriptors, for a moment: to know the lowest that is free would not
// do, there may be others in use above it.
func Left(n int) bool {
	return plenty(2*n) || canOpen(n)
}

// plenty reports whether it is plain that n descriptors are free: Linux, from 6.2 on,
// says how many are open as the size of a directory, see proc_pid_fd(5).
func plenty(n int) bool {
	var open unix.Stat_t
	if unix.Stat("/proc/self/fd", &open) != nil || open.Size == 0 {
		return false
	}
	return Limit() >= uint64(open.Size)+uint64(n)
}

func canOpen(n int) bool {
	trying.Lock()
	defer trying.Unlock()
	first, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return !none(err) // who has no /dev/null has other worries
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
	return !none(err)
}

func none(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }
