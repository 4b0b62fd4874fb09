package local

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// inputFlag is a flag as wide as Termios.Iflag.
func inputFlag(flag uint64) uint64 { return flag }
