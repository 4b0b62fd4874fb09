package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/client"
)

// pickScreen shows a pickModel on the whole of the user's terminal, as a program of
// bubbletea. bubbletea has the loop, to which alone the model belongs, and draws what
// has changed. Goroutines that ask the server post to the loop what they learn.
//
// The terminal is fullScreen's, not bubbletea's, for three reasons. bubbletea reads on
// behind the key that ends it, and what is typed there is the session's. It asks the
// terminal what it can do, and an answer that comes late would be typed into the
// session. And while the terminal takes nothing, bubbletea waits and hears no key.
type pickScreen struct {
	a *app
	c *client.Client
	m pickModel
	*fullScreen

	program *tea.Program
	frames  frames
	shape   rawtty.Size   // of the terminal, as the program was told; size is attend's
	last    tea.View      // what was shown last
	taken   chan struct{} // the program has taken what was typed, and wants more
	failed  error         // of the terminal

	ctx         context.Context // ends with the program, or before by stop
	stop        context.CancelFunc
	working     sync.WaitGroup
	previewOf   string             // the ID of the session whose preview is followed
	stopPreview context.CancelFunc // ends that
}

// pickOnScreen returns what the user chose.
func pickOnScreen(ctx context.Context, a *app, c *client.Client, filter string) (choice, error) {
	term, err := rawtty.Open(a.in, a.out)
	if err != nil {
		return choice{}, &codedError{codeNoAttach, err}
	}
	screen, err := newFullScreen(a, term, 1)
	if err != nil {
		return choice{}, err
	}
	defer screen.close()
	p := newPickScreen(ctx, a, c, screen)
	defer p.stop()
	p.m.filter = filter
	events := c.Watch(p.ctx, -1)
	all, err := listSessions(p.ctx, c)
	if err != nil {
		return choice{}, err
	}
	p.m.take(all)
	err = p.run(func() { p.follow(events) })
	return p.m.chosen, err
}

func newPickScreen(ctx context.Context, a *app, c *client.Client, screen *fullScreen) *pickScreen {
	p := &pickScreen{a: a, c: c, fullScreen: screen, taken: make(chan struct{}, 1), stopPreview: func() {}}
	p.ctx, p.stop = context.WithCancel(ctx)
	p.frames.wake = screen.waker.Wake
	p.again = "\x1b[?1049h\x1b[?2004h"
	p.m.color = a.colors(a.out)
	p.m.cwd, _ = os.Getwd()
	return p
}

// run shows the model until the user leaves it, p.ctx ends or the terminal goes away.
// beside runs meanwhile, and is to end with p.ctx.
func (p *pickScreen) run(beside func()) error {
	if err := p.begin(); err != nil {
		return err
	}
	defer func() {
		written, _ := p.frames.take(0)
		p.leave(string(written))
	}()
	defer p.working.Wait() // nobody wakes a waker that is closed
	defer p.stop()
	p.shape = p.size
	p.program = tea.NewProgram(p,
		tea.WithContext(p.ctx), tea.WithoutSignalHandler(), tea.WithoutCatchPanics(),
		tea.WithInput(nil), tea.WithOutput(&p.frames), tea.WithWindowSize(p.size.Cols, p.size.Rows),
		tea.WithColorProfile(colorprofile.Env(os.Environ())))
	defer p.program.Kill() // after a panic: else it has ended already
	p.working.Go(func() {
		<-p.ctx.Done()
		p.waker.Wake()
	})
	p.working.Go(p.attend)
	p.working.Go(beside)
	_, err := p.program.Run()
	if errors.Is(err, tea.ErrProgramKilled) && p.ctx.Err() != nil {
		err = nil // told to end
	}
	return cmp.Or(p.failed, err)
}

// attend gives the terminal what the program draws, and the program what is typed,
// until the program ends or the terminal goes away.
func (p *pickScreen) attend() {
	resized := false
	for p.ctx.Err() == nil {
		written, missed := p.frames.take(len(p.out))
		p.out = append(p.out, written...)
		switch {
		case resized && len(p.out) == 0:
			resized = false
			p.program.Send(tea.WindowSizeMsg{Width: p.size.Cols, Height: p.size.Rows})
		case missed:
			p.program.Send(roomAgain{})
		}
		news, err := p.wait(-1)
		if err != nil || news.gone {
			p.program.Send(terminalGone{err})
			return
		}
		resized = resized || news.resized
		if len(news.typed) == 0 {
			continue
		}
		p.program.Send(typedTokens(news.typed))
		select {
		case <-p.taken:
		case <-p.ctx.Done(): // the choice was made: what is typed now is the session's
		}
	}
}

// frames is what the program has drawn and the terminal was not given yet. At most one
// frame is drawn for a terminal that takes nothing, so it stays small.
type frames struct {
	wake func() // who gives it to the terminal

	mu      sync.Mutex // guards the fields below
	written []byte
	busy    bool // the terminal has not taken all that was written
	missed  bool // a frame was not drawn because of that
}

// Write takes a frame and does not wait. The terminal is told to show the frame at
// once. bubbletea did not make the terminal raw itself, so it writes newlines for a
// terminal that begins a line at each.
func (f *frames) Write(frame []byte) (int, error) {
	f.mu.Lock()
	f.written = append(f.written, "\x1b[?2026h"...)
	f.written = append(f.written, bytes.ReplaceAll(frame, []byte("\n"), []byte("\r\n"))...)
	f.written = append(f.written, "\x1b[?2026l"...)
	f.busy = true
	f.mu.Unlock()
	f.wake()
	return len(frame), nil
}

// take returns what was written since the last time. left is how many bytes from before
// the terminal has not taken. missed: a frame was left out, and there is room for it.
func (f *frames) take(left int) (written []byte, missed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	written, f.written = f.written, nil
	f.busy = left+len(written) > 0
	if f.busy {
		return written, false
	}
	missed, f.missed = f.missed, false
	return nil, missed
}

// full reports whether the terminal has enough before it. If so, the caller draws no
// frame now, and take tells when there is room for one.
func (f *frames) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.missed = f.missed || f.busy
	return f.busy
}
