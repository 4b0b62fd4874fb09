package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// post has the program do something with the model. Once the program has ended it does
// nothing.
func (p *pickScreen) post(do func(*pickModel)) { p.program.Send(learned(do)) }

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
	if id == p.previewOf || layoutOf(p.shape).shownRows == 0 {
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
