package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	xterm "golang.org/x/term"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// pickerOn returns a picker on a terminal of its own, without a server, and the pty
// behind that.
func pickerOn(t *testing.T) (p *pickScreen, ours, tty *os.File) {
	t.Helper()
	leaktest.Check(t)
	ours, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ours.Close()
		tty.Close()
	})
	// There is no preview at this size: nobody is there to ask for one.
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 10, Col: 40}); err != nil {
		t.Fatal(err)
	}
	a := &app{getenv: func(string) string { return "" }, catchSignals: func() {}}
	term, err := rawtty.Open(tty, tty)
	if err != nil {
		t.Fatal(err)
	}
	screen, err := newFullScreen(a, term, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return newPickScreen(ctx, a, nil, screen), ours, tty
}

// runPicker runs it and closes its terminal; beside runs meanwhile. A panic is an error.
func runPicker(p *pickScreen, beside func()) (err error) {
	defer p.close()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := p.run(beside); err != nil {
		return err
	}
	if !p.m.left {
		return errors.New("the picker was told to end")
	}
	return nil
}

// TestPickPanics: the terminal is given back, and the panic goes on.
func TestPickPanics(t *testing.T) {
	p, ours, tty := pickerOn(t)
	before, err := xterm.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan struct{})
	var read sync.WaitGroup
	screen := vt.New(vt.Size{Rows: 10, Cols: 40}, vt.Config{})
	read.Go(func() {
		buf, all := make([]byte, 4096), ""
		for told := false; ; {
			n, err := ours.Read(buf)
			screen.Write(buf[:n])
			if all += string(buf[:n]); !told && strings.Contains(all, "no sessions") {
				close(shown)
				told = true
			}
			if err != nil {
				return
			}
		}
	})
	err = runPicker(p, func() {
		select {
		case <-shown:
		case <-p.ctx.Done():
		}
		p.post(func(*pickModel) { panic("on purpose") })
	})
	if err == nil || err.Error() != "panic: on purpose" {
		t.Errorf("the picker ended with %v", err)
	}
	if after, err := xterm.GetState(int(tty.Fd())); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal's attributes are not as before: %v", err)
	}
	tty.Close() // the reader's end
	read.Wait()
	if diff := diffPlain(screen.Snapshot()); diff != "" {
		t.Errorf("the terminal is left in modes: %s", diff)
	}
}

// TestPickStuckTerminal: keys are heard while the terminal takes nothing.
func TestPickStuckTerminal(t *testing.T) {
	p, ours, _ := pickerOn(t)
	// The kernel moves on what it has taken, and then there is room again for a while.
	for room := []rawtty.Ready{{FD: p.term.OutFD(), Write: true}}; ; {
		if _, err := p.term.Write(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
		if err := rawtty.Wait(room, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if !room[0].CanWrite {
			break
		}
	}
	err := runPicker(p, func() {
		p.post(func(m *pickModel) { m.take(picked("web", "build")) })
		io.WriteString(ours, "bui\x1b")
	})
	if err != nil || p.m.filter != "bui" || p.m.at != "id-build" {
		t.Errorf("typed: %q, at %s, %v", p.m.filter, p.m.at, err)
	}
}

// TestFrames: one frame is kept for a terminal that takes nothing, and the next is
// drawn when it has taken that.
func TestFrames(t *testing.T) {
	woken := 0
	f := &frames{wake: func() { woken++ }}
	if f.full() {
		t.Error("full before anything was drawn")
	}
	f.Write([]byte("one\ntwo"))
	if !f.full() || woken != 1 {
		t.Errorf("a frame was drawn: not full, or woken %d times", woken)
	}
	written, missed := f.take(0)
	if got := string(written); got != "\x1b[?2026hone\r\ntwo\x1b[?2026l" || missed {
		t.Errorf("%q is to be written, missed: %v", got, missed)
	}
	if _, missed := f.take(5); missed || !f.full() {
		t.Error("not full while the terminal has not taken all")
	}
	if _, missed := f.take(0); !missed || f.full() {
		t.Error("full when the terminal has taken all")
	}
	if _, missed := f.take(0); missed {
		t.Error("the same frame was missed twice")
	}
}

// TestPickReadsNoFurther: what is typed behind the choice stays for the session.
func TestPickReadsNoFurther(t *testing.T) {
	p, ours, tty := pickerOn(t)
	p.m.take([]*exec.Session{{ID: "id", Name: "web"}})
	p.m.at = "id"
	waiting := func() bool {
		fds := []rawtty.Ready{{FD: int(tty.Fd()), Read: true}}
		return rawtty.Wait(fds, 0) == nil && fds[0].CanRead
	}
	var read sync.WaitGroup
	read.Go(func() { io.Copy(io.Discard, ours) })
	err := runPicker(p, func() {
		hold := make(chan struct{})
		var held sync.WaitGroup
		held.Go(func() { p.post(func(*pickModel) { <-hold }) })
		io.WriteString(ours, "\r")
		// The key is read, and the program cannot take it yet.
		for waiting() && p.ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		io.WriteString(ours, "next")
		close(hold)
		held.Wait()
	})
	if err != nil || p.m.chosen.session != "id" {
		t.Errorf("chosen: %+v, %v", p.m.chosen, err)
	}
	// The terminal has its lines again, and may want the end of one.
	io.WriteString(ours, "\n")
	buf := make([]byte, 100)
	n, err := tty.Read(buf)
	if got := strings.TrimSpace(string(buf[:n])); got != "next" || err != nil {
		t.Errorf("left for the session: %q, %v", got, err)
	}
	tty.Close()
	ours.Close()
	read.Wait()
}
