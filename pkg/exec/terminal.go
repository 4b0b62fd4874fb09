package exec

import (
	"fmt"
	"os"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
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

// TerminalFactory creates a new Terminal of the given size. The default
// factory opens a real PTY via creack/pty. Tests inject a factory that returns
// FakeTerminal.
type TerminalFactory func(rows, cols uint16) (Terminal, error)

// NewRealTerminalFactory returns a TerminalFactory that creates real PTY
// terminals. The slave is set to raw mode and the terminal is sized to the
// given initial dimensions. A handler whose program is local puts it back into
// cooked mode.
func NewRealTerminalFactory() TerminalFactory { return openTerminal }

// ptyTerminal is a pair that the system made.
type ptyTerminal struct{ pty, tty *os.File }

func openTerminal(rows, cols uint16) (Terminal, error) {
	p, t, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open pty: %w", err)
	}
	pair := &ptyTerminal{pty: p, tty: t}
	if err := makeRaw(t); err != nil {
		pair.Close()
		return nil, fmt.Errorf("set raw mode: %w", err)
	}
	if err := pair.Resize(rows, cols); err != nil {
		pair.Close()
		return nil, err
	}
	return pair, nil
}

// makeRaw goes through the raw descriptor: os.File.Fd would take the file out
// of the poller, and a blocked read could no longer be ended.
func makeRaw(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var rawErr error
	err = conn.Control(func(fd uintptr) { _, rawErr = term.MakeRaw(int(fd)) })
	if err != nil {
		return err
	}
	return rawErr
}

func (t *ptyTerminal) MasterFd() *os.File { return t.pty }
func (t *ptyTerminal) SlaveFd() *os.File  { return t.tty }

func (t *ptyTerminal) Resize(rows, cols uint16) error {
	if err := pty.Setsize(t.pty, &pty.Winsize{Rows: rows, Cols: cols}); err != nil {
		return fmt.Errorf("resize pty: %w", err)
	}
	return nil
}

func (t *ptyTerminal) Close() error {
	t.tty.Close()
	return t.pty.Close()
}
