package exec

import "golang.org/x/sys/unix"

// foreground returns the process group that a terminal's keyboard belongs to,
// or 0 where there is no telling, as for a program on another machine.
func foreground(t Terminal) int {
	conn, err := t.MasterFd().SyscallConn()
	if err != nil {
		return 0
	}
	group := 0
	err = conn.Control(func(fd uintptr) {
		if g, err := unix.IoctlGetInt(int(fd), unix.TIOCGPGRP); err == nil {
			group = g
		}
	})
	if err != nil {
		return 0
	}
	return group
}
