package local

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

// inputFlag is a flag as wide as Termios.Iflag.
func inputFlag(flag uint64) uint32 { return uint32(flag) }
