package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// pickScreen shows a pickModel on the whole of the user's terminal. It owns the
// terminal from its beginning to its end. The model is the loop's alone: the
// goroutines that ask the server post what they learn.
type pickScreen struct {
	a *app
	c *client.Client
	m pickModel
	*fullScreen

	ctx     context.Context
	working sync.WaitGroup

	mu     sync.Mutex // guards posted
	posted []func(*pickModel)

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
	screen.again = "\x1b[?1049h"
	ctx, cancel := context.WithCancel(ctx)
	p := &pickScreen{a: a, c: c, fullScreen: screen, ctx: ctx, stopPreview: func() {}}
	defer p.working.Wait() // nobody wakes a waker that is closed
	defer cancel()
	p.m.filter, p.m.color = filter, a.getenv("NO_COLOR") == ""
	p.m.cwd, _ = os.Getwd()
	events := c.Watch(ctx, -1)
	all, err := listSessions(ctx, c)
	if err != nil {
		return choice{}, err
	}
	p.m.take(all)
	p.working.Go(func() {
		<-ctx.Done()
		p.waker.Wake()
	})
	p.working.Go(func() { p.follow(events) })
	if err := p.begin(); err != nil {
		return choice{}, err
	}
	p.out = append(p.out, "\x1b[?1049h\x1b[m"...)
	defer p.leave("\x1b[?2026l\x1b[m\x1b[?25h\x1b[?1049l")
	defer func() { p.stopPreview() }()
	err = p.loop()
	return p.m.chosen, err
}

// post has the loop do something with the model.
func (p *pickScreen) post(do func(*pickModel)) {
	p.mu.Lock()
	p.posted = append(p.posted, do)
	p.mu.Unlock()
	p.waker.Wake()
}

// settleWait gathers events: many come at once, when a script starts sessions.
const settleWait = 20 * time.Millisecond

// follow has the list be as the server has it, whenever something has happened.
func (p *pickScreen) follow(events func(func(exec.Event, error) bool)) {
	changed := make(chan struct{}, 1)
	p.working.Go(func() {
		for {
			select {
			case <-changed:
			case <-p.ctx.Done():
				return
			}
			if all, err := listSessions(p.ctx, p.c); err == nil {
				p.post(func(m *pickModel) { m.take(all) })
			}
			select {
			case <-time.After(settleWait):
			case <-p.ctx.Done():
				return
			}
		}
	})
	for _, err := range events {
		if err != nil {
			p.post(func(m *pickModel) { m.said = "the server has gone: " + err.Error() })
			return
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// showCurrent follows what the session under the cursor shows.
func (p *pickScreen) showCurrent() {
	id := p.m.at
	if id == p.previewOf || layoutOf(p.size).shownRows == 0 {
		return
	}
	p.stopPreview()
	p.previewOf = id
	if id == "" {
		return
	}
	var ctx context.Context
	ctx, p.stopPreview = context.WithCancel(p.ctx)
	p.working.Go(func() { p.preview(ctx, id) })
}

// previewPause is the least time between two pictures of a session that prints much.
const previewPause = 100 * time.Millisecond

// preview tells what a session shows, again whenever it has printed something.
func (p *pickScreen) preview(ctx context.Context, id string) {
	logs, err := p.c.Logs(ctx, id, exec.LogsOptions{FromEnd: true, Follow: true})
	if err == nil {
		defer logs.Close()
	}
	printed := make(chan struct{}, 1)
	if err == nil {
		p.working.Go(func() {
			defer close(printed)
			for {
				_, _, _, err := logs.Next()
				var lost *exec.LostError
				if err != nil && !errors.As(err, &lost) {
					return
				}
				select {
				case printed <- struct{}{}:
				default:
				}
			}
		})
	}
	for more := logs != nil; ; {
		shown, err := p.c.Capture(request(ctx), id, exec.CaptureOptions{Styles: true})
		if err != nil || ctx.Err() != nil {
			return
		}
		p.post(func(m *pickModel) {
			if m.at == id {
				m.preview = shown
			}
		})
		if !more {
			return
		}
		select {
		case _, more = <-printed:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(previewPause):
		case <-ctx.Done():
			return
		}
	}
}

// do does what the model asks for, beside the loop.
func (p *pickScreen) do(t todo) {
	p.working.Go(func() {
		quiet := *p.a
		quiet.err, quiet.knowsVersion = io.Discard, true
		said, err := "", error(nil)
		switch t.what {
		case askKill:
			if t.ended {
				said, err = "forgot "+t.name, p.c.Remove(request(p.ctx), t.id)
			} else {
				said = "killed " + t.name
				_, err = p.c.Kill(request(p.ctx), t.id, exec.StreamSignalNone)
			}
		case askName:
			said = t.name + " is called " + t.answer
			_, err = p.c.Rename(request(p.ctx), t.id, t.answer)
		case askLabels:
			said, err = "labelled "+t.name, runLabel(p.ctx, &quiet, t.id, strings.Fields(t.answer))
		case askText:
			p.find(t.answer)
			return
		}
		if err != nil {
			said = err.Error()
		}
		p.post(func(m *pickModel) { m.said = said })
	})
}

// mostFound bounds what is shown of what was found.
const mostFound = 1000

// find looks for text in what all sessions show and have shown.
func (p *pickScreen) find(text string) {
	all, err := listSessions(p.ctx, p.c)
	var found []foundJSON
	for _, s := range all {
		if err != nil || len(found) >= mostFound {
			break
		}
		if !s.Size.Valid() {
			continue
		}
		var in *exec.Found
		in, err = p.c.Search(request(p.ctx), s.ID, exec.SearchOptions{Pattern: text})
		if errors.Is(err, exec.ErrSessionNotFound) {
			err = nil // it has just gone
			continue
		}
		if err == nil {
			for _, l := range in.Lines {
				found = append(found, foundJSON{s.Name, s.ID, l.Number, l.Text, l.Match})
			}
		}
	}
	p.post(func(m *pickModel) {
		if err != nil {
			m.said = err.Error()
			return
		}
		m.takeFound(found[:min(len(found), mostFound)], text)
	})
}

// loop shows the model until the user leaves it, ctx ends or the terminal goes away.
func (p *pickScreen) loop() error {
	dirty := true
	for {
		for _, t := range p.m.todo {
			p.do(t)
		}
		p.m.todo = nil
		if p.m.left || p.ctx.Err() != nil {
			return nil
		}
		p.showCurrent()
		if dirty && len(p.out) < maxUndrawn {
			p.draw()
			dirty = false
		}
		news, err := p.wait(-1)
		if err != nil || news.gone {
			return err
		}
		posted := p.takePosted()
		for _, t := range news.typed {
			if !p.m.left { // what is typed behind the choice is the session's
				p.m.key(t, max(1, layoutOf(p.size).listRows-1))
			}
		}
		dirty = dirty || posted || news.resized || len(news.typed) > 0
	}
}

// maxUndrawn is how much a terminal may have before it that it has not taken, for
// another frame to be drawn.
const maxUndrawn = 1

func (p *pickScreen) takePosted() bool {
	p.mu.Lock()
	all := p.posted
	p.posted = nil
	p.mu.Unlock()
	for _, do := range all {
		do(&p.m)
	}
	return len(all) > 0
}

// draw draws all rows: there are few, and the terminal is told to show them at once.
func (p *pickScreen) draw() {
	rows, cursor := p.m.rows(p.size)
	p.out = append(p.out, "\x1b[?2026h\x1b[?25l\x1b[H"...)
	for i, row := range rows[:min(len(rows), p.size.Rows)] {
		if i > 0 {
			p.out = append(p.out, "\r\n"...)
		}
		p.out = append(p.out, "\x1b[m\x1b[2K"...)
		p.out = append(p.out, row...)
	}
	p.out = fmt.Appendf(p.out, "\x1b[m\x1b[1;%dH\x1b[?25h\x1b[?2026l", min(cursor+1, p.size.Cols))
}
