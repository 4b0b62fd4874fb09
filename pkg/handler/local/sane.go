package local

import (
	"os"

	"golang.org/x/sys/unix"
)

// specialCharacters are a terminal's, by stty(1)'s names.
var specialCharacters = map[string]int{
	"intr": unix.VINTR, "quit": unix.VQUIT, "erase": unix.VERASE, "kill": unix.VKILL, "eof": unix.VEOF,
	"eol": unix.VEOL, "eol2": unix.VEOL2, "start": unix.VSTART, "stop": unix.VSTOP, "susp": unix.VSUSP,
	"rprnt": unix.VREPRINT, "werase": unix.VWERASE, "lnext": unix.VLNEXT, "discard": unix.VDISCARD,
}

// makeSane puts a terminal into the cooked mode that a program finds on a new
// one, as stty(1) has it under "sane", with UTF-8 editing; change may then
// change that.
func makeSane(tty *os.File, change func(*unix.Termios)) error {
	return withDescriptor(tty, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		setSane(t)
		change(t)
		return unix.IoctlSetTermios(fd, setTermios, t)
	})
}

func getTerminal(f *os.File) (t *unix.Termios, err error) {
	err = withDescriptor(f, func(fd int) (err error) {
		t, err = unix.IoctlGetTermios(fd, getTermios)
		return err
	})
	return t, err
}

// withDescriptor calls do with f's descriptor, which stays in the poller.
func withDescriptor(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var doErr error
	if err := conn.Control(func(fd uintptr) { doErr = do(int(fd)) }); err != nil {
		return err
	}
	return doErr
}

func setSane(t *unix.Termios) {
	t.Iflag = unix.BRKINT | unix.ICRNL | unix.IXON | unix.IMAXBEL | unix.IUTF8
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
