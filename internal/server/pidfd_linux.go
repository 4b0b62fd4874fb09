package server

import (
	"os"

	"golang.org/x/sys/unix"
)

// openPidfd returns what stands for a process also when its number is another's;
// nil if there is none such.
func openPidfd(pid int) *os.File {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), "pidfd")
}
