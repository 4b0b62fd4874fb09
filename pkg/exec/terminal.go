package exec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/xsh-project/xsh/internal/poll"
)

// The size of a session's terminal until a client tells its own.
const (
	InitialRows = 27
	InitialCols = 72
)

// ResizeTimeout bounds how long ResizeSession may wait for a handler that
// handles resizes itself. Sizes are handed over through a channel that keeps
// the newest one, so that in fact nothing waits.
const ResizeTimeout = 500 * time.Millisecond

// maxDimension is the largest number of rows or columns a terminal can have:
// the system's own field for it is 16 bits wide.
const maxDimension = 65535

// Size is a terminal's size in cells. The zero Size is an unknown one.
type Size struct {
	Rows int `json:"rows"`
	Cols int `json:"cols"`
}

// Valid reports whether a terminal can have this size.
func (s Size) Valid() bool {
	return s.Rows >= 1 && s.Rows <= maxDimension && s.Cols >= 1 && s.Cols <= maxDimension
}

// Pixels is a terminal's size in pixels. The zero Pixels is an unknown one.
type Pixels struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// known reports whether a terminal can have this size.
func (p Pixels) known() bool {
	return p.Width >= 1 && p.Width <= maxDimension && p.Height >= 1 && p.Height <= maxDimension
}

// String returns the size as rows x columns.
func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Rows, s.Cols) }

// Terminal abstracts a PTY/TTY pair so tests can inject fakes.
//
// Its methods are called from several goroutines. Close is called once, after
// SlaveFd's file may already have been closed.
type Terminal interface {
	// MasterFd returns the PTY (master) side — the manager reads output from here.
	MasterFd() *os.File
	// SlaveFd returns the TTY (slave) side — passed to the handler.
	SlaveFd() *os.File
	// Resize sets the terminal dimensions.
	Resize(rows, cols uint16) error
	// Close releases both file descriptors.
	Close() error
}

// PixelTerminal is a Terminal that knows its size in pixels as well, as
// terminals of the default factory do.
type PixelTerminal interface {
	Terminal
	// ResizePixels is Resize with the size in pixels; a zero one makes it
	// unknown. After it, Resize keeps the size of a cell.
	ResizePixels(size Size, pixels Pixels) error
}

// TerminalFactory creates a new Terminal. The default factory opens a real PTY
// via creack/pty. Tests inject a factory that returns a fake, such as that of
// the package exectest. The manager sizes the terminal with Resize before the
// program starts.
type TerminalFactory func() (Terminal, error)

// NewRealTerminalFactory returns a TerminalFactory that creates real PTY
// terminals. The slave is set to raw mode and the terminal is sized to
// InitialRows by InitialCols. A handler whose program is local puts it back
// into cooked mode.
func NewRealTerminalFactory() TerminalFactory { return openTerminal }

// ptyFile is our end of a terminal. Those of its methods that begin with Try do
// not wait, unless the file is one that does not poll.
type ptyFile interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
	TryRead([]byte) (int, error)
	TryWrite([]byte) (int, error)
	Mute()
	Unmute()
	Control(func(fd int) error) error
}

// ptyTerminal is a pair that the system made.
type ptyTerminal struct {
	pty *poll.File // the session's
	tty *os.File   // the handler's, which may close it
	// held, a descriptor, keeps the terminal open while nobody else has it. It is
	// not in Go's poller, which would wake at each key that the program reads.
	held int

	once   sync.Once
	master *os.File // the same end of the pair, for those who ask for MasterFd
}

func openTerminal() (Terminal, error) {
	p, t, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open pty: %w", err)
	}
	defer p.Close()
	pair := &ptyTerminal{tty: t, held: -1}
	pair.pty, err = newPTY(p)
	if err == nil {
		pair.held, err = duplicate(t)
	}
	if err == nil {
		err = control(pair.tty, func(fd int) error { _, err := term.MakeRaw(fd); return err })
	}
	if err == nil {
		err = pair.Resize(InitialRows, InitialCols)
	}
	if err != nil {
		pair.Close()
		return nil, fmt.Errorf("set up pty: %w", err)
	}
	return pair, nil
}

// newPTY returns another file for what f refers to, one whose reads hold no
// thread and are ended by a deadline or by Close.
func newPTY(f *os.File) (*poll.File, error) {
	fd, err := duplicate(f)
	if err != nil {
		return nil, err
	}
	return poll.New(fd)
}

func duplicate(f *os.File) (fd int, err error) {
	err = control(f, func(theirs int) (err error) {
		fd, err = unix.FcntlInt(uintptr(theirs), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	return fd, err
}

// control calls do with f's descriptor, which stays in the poller.
func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var doErr error
	if conn.Control(func(fd uintptr) { doErr = do(int(fd)) }) != nil {
		return os.ErrClosed // the one reason, but as an error that has no name
	}
	return doErr
}

// MasterFd implements Terminal. It returns nil if there are no more files.
func (t *ptyTerminal) MasterFd() *os.File {
	t.once.Do(func() {
		t.pty.Control(func(fd int) error {
			again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
			if err == nil {
				t.master = os.NewFile(uintptr(again), "pty") // does not block, and so is in Go's poller
			}
			return err
		})
	})
	return t.master
}

// SlaveFd implements Terminal.
func (t *ptyTerminal) SlaveFd() *os.File { return t.tty }

func (t *ptyTerminal) Resize(rows, cols uint16) error {
	return t.setSize(func(old *unix.Winsize) unix.Winsize {
		size := unix.Winsize{Row: rows, Col: cols}
		if old.Row > 0 && old.Col > 0 { // a cell stays as large as it was
			size.Xpixel = scaled(old.Xpixel, cols, old.Col)
			size.Ypixel = scaled(old.Ypixel, rows, old.Row)
		}
		return size
	})
}

// resizeTo gives a terminal a size, in pixels as well if both know of such.
func resizeTo(term Terminal, size Size, pixels Pixels) error {
	if t, ok := term.(PixelTerminal); ok && pixels.known() {
		return t.ResizePixels(size, pixels)
	}
	return term.Resize(uint16(size.Rows), uint16(size.Cols))
}

// tellPixels has a terminal that has a size know it in pixels as well.
func tellPixels(term Terminal, size Size, pixels Pixels) {
	if t, ok := term.(PixelTerminal); ok && pixels.known() {
		t.ResizePixels(size, pixels) // without it the program finds no pixels
	}
}

// dress tells a new terminal its size in pixels, if both know of such, and
// returns its TerminalID, "" where there is no telling.
func dress(term Terminal, size Size, pixels Pixels) string {
	tellPixels(term, size, pixels)
	id, err := TerminalID(term.SlaveFd())
	if err != nil {
		return "" // a fake
	}
	return id
}

// scaled is pixels of n cells where there are now to cells.
func scaled(pixels, to, n uint16) uint16 {
	return uint16(min(int(pixels)*int(to)/int(n), maxDimension))
}

// ResizePixels implements PixelTerminal.
func (t *ptyTerminal) ResizePixels(size Size, pixels Pixels) error {
	if !size.Valid() {
		return errBadSize(size)
	}
	if !pixels.known() {
		pixels = Pixels{}
	}
	return t.setSize(func(*unix.Winsize) unix.Winsize {
		return unix.Winsize{
			Row: uint16(size.Rows), Col: uint16(size.Cols),
			Xpixel: uint16(pixels.Width), Ypixel: uint16(pixels.Height),
		}
	})
}

func (t *ptyTerminal) setSize(next func(old *unix.Winsize) unix.Winsize) error {
	err := t.pty.Control(func(fd int) error {
		old, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if err != nil {
			return err
		}
		size := next(old)
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &size)
	})
	if err != nil {
		return fmt.Errorf("resize pty: %w", err)
	}
	return nil
}

// TerminalID returns what tells the terminal that f is from all others, on this
// machine and elsewhere, for as long as the machine runs. It is the same in
// every process; what it is made of may change.
func TerminalID(f *os.File) (string, error) {
	var st unix.Stat_t
	err := control(f, func(fd int) error { return unix.Fstat(fd, &st) })
	switch {
	case err != nil:
		return "", err
	case st.Mode&unix.S_IFMT != unix.S_IFCHR:
		return "", errors.New("not a terminal")
	}
	// The file system as well: a container's terminals are numbered anew.
	return fmt.Sprintf("%s:%d:%d", bootID(), st.Dev, st.Rdev), nil
}

func (t *ptyTerminal) Close() error {
	t.tty.Close() // a nil one says so and no more
	unix.Close(t.held)
	t.once.Do(func() {})
	t.master.Close()
	if t.pty == nil {
		return nil
	}
	return t.pty.Close()
}

func errBadSize(size Size) error {
	return fmt.Errorf("bad terminal size %v: rows and columns must be 1 to %d", size, maxDimension)
}
