package exec

import "golang.org/x/sys/unix"

const getTermios = unix.TCGETS

// openPeer opens the other side of a pty.
func openPeer(fd int) (int, error) {
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, errno
	}
	return int(peer), nil
}
