package rawtty

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// ErrNotTerminal is wrapped by Open's error when a file is not a terminal.
var ErrNotTerminal = errors.New("not a terminal")

// Size is what a terminal shows, in cells. Zero in both means that nobody has
// set it, which is so on some serial lines and fresh ptys.
type Size struct {
	Rows, Cols int
	Wide, High int // in pixels; zero where the terminal does not tell
}

// Terminal is the user's terminal. Read and Write are for one goroutine each,
// all else for any.
type Terminal struct {
	in, out     *os.File // borrowed
	read, write endpoint

	mu       sync.Mutex  // guards the fields below; held across a tcsetattr, never across a read or a write
	original *term.State // from before the first MakeRaw; nil before it
	raw      bool
	closed   bool
}

// Open makes a Terminal of the files that the user's input comes from and that
// output goes to. It changes nothing of the terminal yet.
func Open(in, out *os.File) (*Terminal, error) {
	if err := Check(in, out); err != nil {
		return nil, err
	}
	return &Terminal{in: in, out: out, read: reopen(in, unix.O_RDONLY), write: reopen(out, unix.O_WRONLY)}, nil
}

// Check says what Open would, and opens nothing.
func Check(in, out *os.File) error {
	if err := check("stdin", in); err != nil {
		return err
	}
	return check("stdout", out)
}

func check(name string, f *os.File) error {
	if f == nil {
		return fmt.Errorf("%s is %w: no file", name, ErrNotTerminal)
	}
	if !term.IsTerminal(int(f.Fd())) {
		return fmt.Errorf("%s is %w", name, ErrNotTerminal)
	}
	return nil
}

// Size asks the terminal for its size and reports it as it is, 0x0 included.
func (t *Terminal) Size() (Size, error) { return SizeOf(t.out) }

// SizeOf asks the terminal that a file is for its size.
func SizeOf(f *os.File) (Size, error) {
	w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return Size{}, fmt.Errorf("terminal size: %w", err)
	}
	return Size{Rows: int(w.Row), Cols: int(w.Col), Wide: int(w.Xpixel), High: int(w.Ypixel)}, nil
}

// MakeRaw turns off echo, signals from the keyboard, line editing and every
// translation, of input and of output. Called again it sets the same once more,
// which is how a client takes its terminal back after it was stopped; what
// Restore returns to stays what the first call found.
//
// A process in the background is stopped by this call until it is brought to the
// foreground. After Close it returns os.ErrClosed.
func (t *Terminal) MakeRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return os.ErrClosed
	}
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return fmt.Errorf("set raw mode: %w", err)
	}
	if t.original == nil {
		t.original = before
	}
	t.raw = true
	return nil
}

// Restore puts back the attributes from before the first MakeRaw; without one
// it does nothing. Input that nobody has read stays for the next reader.
//
// In the background it does nothing either and returns nil: the terminal is then
// in use by another process, as a rule the shell, which has set its own.
func (t *Terminal) Restore() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restoreLocked()
}

func (t *Terminal) restoreLocked() error {
	if !t.raw || t.InBackground() {
		return nil
	}
	// TCSANOW, which term.Restore uses: waiting for output to drain could wait
	// for ever on a terminal that has stopped reading, and flushing would throw
	// away what the user typed ahead for the shell.
	if err := term.Restore(int(t.in.Fd()), t.original); err != nil {
		return fmt.Errorf("restore the terminal: %w", err)
	}
	t.raw = false
	return nil
}

// InBackground tells whether the terminal's foreground is another process group.
// A tcsetattr would then stop us with SIGTTOU, for good if we are on our way
// out. It is false for a terminal that is not our controlling one.
func (t *Terminal) InBackground() bool {
	foreground, err := unix.IoctlGetInt(int(t.in.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground != unix.Getpgrp()
}

// Close restores the terminal and releases what Open took. The files stay open.
// It may be called twice.
func (t *Terminal) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	err := t.restoreLocked()
	t.read.close()
	t.write.close()
	return err
}
