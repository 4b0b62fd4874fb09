package child

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// childInfo is siginfo_t as waitid(2) fills it in.
type childInfo struct {
	Signo, Errno, Code, _ int32
	PID                   int32
	UID                   uint32
	Status                int32
	_                     [100]byte
}

var _ [unsafe.Sizeof(unix.Siginfo{}) - unsafe.Sizeof(childInfo{})]byte

// exited reports whether a child has ended, and how, and leaves it for Wait4.
func exited(pid int) (unix.WaitStatus, bool) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		child := (*childInfo)(unsafe.Pointer(&info))
		if err != nil || child.PID == 0 {
			return 0, false
		}
		// The codes of SIGCHLD: CLD_EXITED is 1; a core dump, 3, is the bit 0x80.
		switch child.Code {
		case 1:
			return unix.WaitStatus(child.Status << 8), true
		case 3:
			return unix.WaitStatus(child.Status | 0x80), true
		default:
			return unix.WaitStatus(child.Status), true
		}
	}
}
