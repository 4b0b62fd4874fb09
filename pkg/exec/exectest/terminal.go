package exectest

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

// Terminal is an exec.Terminal over a pair of connected sockets. Unlike a real
// one it changes no byte and echoes none, and its ends say io.EOF when the
// other is closed. Both files know deadlines.
type Terminal struct {
	pty, tty *os.File

	mu      sync.Mutex // guards the fields below
	sizes   []exec.Size
	changed chan struct{} // closed when a field changes
	closed  bool
	fail    error
}

var _ exec.Terminal = (*Terminal)(nil)

// NewTerminal returns a terminal, which has no size before the first Resize.
func NewTerminal() (*Terminal, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("make a fake terminal: %w", err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			unix.Close(fds[0])
			unix.Close(fds[1])
			return nil, fmt.Errorf("make a fake terminal: %w", err)
		}
	}
	return &Terminal{
		pty:     os.NewFile(uintptr(fds[0]), "fake pty"),
		tty:     os.NewFile(uintptr(fds[1]), "fake tty"),
		changed: make(chan struct{}),
	}, nil
}

// MasterFd implements exec.Terminal.
func (t *Terminal) MasterFd() *os.File { return t.pty }

// SlaveFd implements exec.Terminal.
func (t *Terminal) SlaveFd() *os.File { return t.tty }

// Resize implements exec.Terminal. It returns what FailResize set.
func (t *Terminal) Resize(rows, cols uint16) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail != nil {
		return t.fail
	}
	t.sizes = append(t.sizes, exec.Size{Rows: int(rows), Cols: int(cols)})
	t.notify()
	return nil
}

// Close implements exec.Terminal.
func (t *Terminal) Close() error {
	t.tty.Close() // may be closed already
	err := t.pty.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.notify()
	return err
}

// notify wakes who waits. The caller holds mu.
func (t *Terminal) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// FailResize makes every Resize from now on return err.
func (t *Terminal) FailResize(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail = err
}

// Sizes returns every size the terminal was given, the first being the one that
// a manager gives it before the program starts.
func (t *Terminal) Sizes() []exec.Size {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.sizes)
}

// Size returns the terminal's size; zero before the first Resize.
func (t *Terminal) Size() exec.Size {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size()
}

// size is Size for a caller that holds mu.
func (t *Terminal) size() exec.Size {
	if len(t.sizes) == 0 {
		return exec.Size{}
	}
	return t.sizes[len(t.sizes)-1]
}

// Closed reports whether Close was called.
func (t *Terminal) Closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// Terminals makes fake terminals and remembers them. The zero value is ready
// for use.
type Terminals struct {
	mu   sync.Mutex // guards the fields below
	made []*Terminal
	fail error
}

var _ exec.TerminalFactory = (*Terminals)(nil).Open

// Open is an exec.TerminalFactory.
func (f *Terminals) Open() (exec.Terminal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	t, err := NewTerminal()
	if err != nil {
		return nil, err
	}
	f.made = append(f.made, t)
	return t, nil
}

// FailOpen makes every Open from now on return err.
func (f *Terminals) FailOpen(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Made returns every terminal that Open returned, oldest first.
func (f *Terminals) Made() []*Terminal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.made)
}
