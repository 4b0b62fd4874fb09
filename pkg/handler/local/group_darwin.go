package local

import "golang.org/x/sys/unix"

// zombie is the state of a process that has ended and that nobody has waited
// for, as <sys/proc.h> has it.
const zombie = 5

// foreground returns the process group that the keyboard of a process's
// terminal belongs to, or 0 where there is none.
func foreground(pid int) int {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0
	}
	return max(int(p.Eproc.Tpgid), 0)
}

// groupLives reports whether a process of the group lives. One that has ended
// and that nobody has waited for does not.
func groupLives(group int) bool {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", group)
	if err != nil {
		return unix.Kill(-group, 0) == nil
	}
	for _, p := range all {
		if p.Proc.P_stat != zombie {
			return true
		}
	}
	return false
}
