package local

import (
	"os"

	"golang.org/x/sys/unix"
)

// makeSane puts a terminal into the cooked mode that a program finds on a new
// one, as stty(1) has it under "sane", with UTF-8 editing.
func makeSane(tty *os.File) error {
	conn, err := tty.SyscallConn()
	if err != nil {
		return err
	}
	var sane error
	err = conn.Control(func(fd uintptr) {
		var t *unix.Termios
		if t, sane = unix.IoctlGetTermios(int(fd), getTermios); sane == nil {
			setSane(t)
			sane = unix.IoctlSetTermios(int(fd), setTermios, t)
		}
	})
	if err != nil {
		return err
	}
	return sane
}

func setSane(t *unix.Termios) {
	t.Iflag = unix.BRKINT | unix.ICRNL | unix.IXON | unix.IMAXBEL | utf8Input
	t.Oflag = unix.OPOST | unix.ONLCR
	t.Lflag = unix.ISIG | unix.ICANON | unix.IEXTEN | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD
	for i, c := range map[int]uint8{
		unix.VINTR: ctrl('C'), unix.VQUIT: ctrl('\\'), unix.VERASE: 0x7f, unix.VKILL: ctrl('U'),
		unix.VEOF: ctrl('D'), unix.VSTART: ctrl('Q'), unix.VSTOP: ctrl('S'), unix.VSUSP: ctrl('Z'),
		unix.VREPRINT: ctrl('R'), unix.VDISCARD: ctrl('O'), unix.VWERASE: ctrl('W'), unix.VLNEXT: ctrl('V'),
		unix.VMIN: 1, unix.VTIME: 0,
	} {
		t.Cc[i] = c
	}
}

func ctrl(c byte) uint8 { return c & 0x1f }
