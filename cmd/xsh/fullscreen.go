package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
)

// fullScreen is the user's terminal while a command has all of it. One loop draws to
// out and calls wait; whatever ends the loop, leave and close give the terminal back
// as it was found.
type fullScreen struct {
	term    *rawtty.Terminal
	waker   *rawtty.Waker
	signals *rawtty.Signals
	keys    termin.Tokenizer
	size    rawtty.Size
	out     []byte // that the terminal has not taken yet

	leastRows int    // a terminal of fewer is drawn to as if it had 24x80
	again     string // goes first to a terminal that somebody else had meanwhile
}

// newFullScreen takes a terminal over; close closes it.
func newFullScreen(a *app, term *rawtty.Terminal, leastRows int) (*fullScreen, error) {
	waker, err := rawtty.NewWaker()
	if err != nil {
		term.Close()
		return nil, err
	}
	a.catchSignals()
	return &fullScreen{term: term, waker: waker, leastRows: leastRows}, nil
}

// begin takes the terminal: from here on leave has to be called.
func (f *fullScreen) begin() error {
	f.signals = rawtty.WatchSignals(f.waker, syscall.SIGWINCH, syscall.SIGCONT)
	if err := f.term.MakeRaw(); err != nil {
		return err
	}
	f.measure()
	return nil
}

// close comes after all that may call waker.Wake has ended.
func (f *fullScreen) close() {
	if f.signals != nil {
		f.signals.Stop()
	}
	f.waker.Close()
	f.term.Close()
}

func (f *fullScreen) measure() {
	size, err := f.term.Size()
	if err != nil || size.Rows < f.leastRows || size.Cols < 1 {
		size = rawtty.Size{Rows: 24, Cols: 80}
	}
	f.size = size
}

// news is what wait came back with.
type news struct {
	resized bool
	typed   []termin.Token
	gone    bool // there is no terminal any more
}

// escapePause is how long an escape may be the beginning of a key.
const escapePause = 30 * time.Millisecond

// wait returns when somebody has typed or resized, when the terminal has taken
// something, when the waker was woken, and after patience, if that is not negative.
func (f *fullScreen) wait(patience time.Duration) (n news, err error) {
	if f.keys.Held() != termin.HoldNone && (patience < 0 || patience > escapePause) {
		patience = escapePause
	}
	fds := []rawtty.Ready{
		{FD: f.term.InFD(), Read: true},
		{FD: f.waker.FD(), Read: true},
		{FD: f.term.OutFD(), Write: len(f.out) > 0},
	}
	if err := rawtty.Wait(fds, patience); err != nil && !errors.Is(err, syscall.EINTR) {
		return n, err
	}
	f.waker.Clear()
	got := f.signals.Take()
	if got.Has(syscall.SIGCONT) { // somebody else had the terminal
		if err := f.term.MakeRaw(); err != nil {
			return n, err
		}
		f.out = append(f.out, f.again...)
	}
	if got.Has(syscall.SIGCONT, syscall.SIGWINCH) {
		f.measure()
		n.resized = true
	}
	if fds[2].CanWrite {
		n.gone = f.flush() != nil
	}
	if !n.gone {
		n.typed, err = f.read(fds[0].CanRead)
		n.gone = err != nil
	}
	return n, nil
}

// read returns what was typed, and what was held as the beginning of a key if nothing
// came behind it.
func (f *fullScreen) read(ready bool) ([]termin.Token, error) {
	buf := make([]byte, 1024)
	n := 0
	if ready {
		var err error
		if n, err = f.term.Read(buf); err != nil {
			return nil, err
		}
	}
	switch {
	case n > 0:
		return f.keys.Scan(nil, buf[:n]), nil
	case f.keys.Held() != termin.HoldNone:
		return f.keys.Flush(nil), nil
	}
	return nil, nil
}

func (f *fullScreen) flush() error {
	for len(f.out) > 0 {
		n, err := f.term.Write(f.out)
		if err != nil {
			return err
		}
		if f.out = f.out[n:]; n == 0 {
			return nil
		}
	}
	f.out = nil
	return nil
}

// putBackWait bounds how long a terminal that takes nothing is waited for in the end.
const putBackWait = time.Second

// leave sends what brings the terminal back to what it showed.
func (f *fullScreen) leave(order string) {
	f.out = append(f.out, order...)
	for until := time.Now().Add(putBackWait); len(f.out) > 0 && time.Now().Before(until); {
		if f.flush() != nil {
			return
		}
		fds := []rawtty.Ready{{FD: f.term.OutFD(), Write: true}}
		rawtty.Wait(fds, putBackWait/10)
	}
}
