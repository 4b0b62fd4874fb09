package exec

import (
	"time"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/timeutil"
)

const (
	// frameEvery is the least time between two frames: 60 a second.
	frameEvery = time.Second / 60

	// updateWait is how long frames wait for a program that has said that it
	// is in the middle of drawing (mode 2026).
	updateWait = 150 * time.Millisecond
)

// frames draws the screen for a client of another size, each time that it has
// changed, until the client can tail the log again. It reports whether the
// session has ended and its last screen was drawn.
func (a *attachment) frames() (ended bool) {
	if !a.enterFrames() {
		return false
	}
	changed, end := a.s.screen.watch()
	defer end()
	pace := framePace{clock: a.s.m.clock}
	for {
		select {
		case <-changed:
		case <-pace.again:
			pace.again = nil
		case <-a.resize:
			if !a.draws() {
				return a.leaveFrames()
			}
			a.renderer.Resize(vt.Size(a.clientSize()))
		case <-a.ctx.Done():
			return false
		}
		ended := a.s.log.finished(a.s.screen.position())
		if !ended && pace.tooEarly() {
			continue
		}
		snap, at := a.s.screen.snapshot()
		if snap == nil {
			return a.leaveFrames()
		}
		if !ended && snap.Updating() && pace.putOff() {
			continue
		}
		pace.drawn()
		a.log.seek(at, false)
		if !a.show(a.renderer.AppendFrame(nil, snap), at) {
			return false
		}
		if ended {
			return true
		}
	}
}

// framePace says when the next frame may be drawn.
type framePace struct {
	clock timeutil.Clock
	last  time.Time        // when the last one was
	since time.Time        // since when the program is drawing; zero if it is not
	again <-chan time.Time // receives when one that was put off is due
}

// tooEarly reports whether the last frame was just now. One that was put off
// so comes later.
func (p *framePace) tooEarly() bool {
	wait := frameEvery - p.clock.Now().Sub(p.last)
	if wait > 0 && p.again == nil {
		p.again = p.clock.After(wait)
	}
	return wait > 0
}

// putOff reports whether to wait for a program that is drawing.
func (p *framePace) putOff() bool {
	now := p.clock.Now()
	if p.since.IsZero() {
		p.since = now
	}
	if now.Sub(p.since) >= updateWait {
		return false
	}
	if p.again == nil {
		p.again = p.clock.After(frameEvery)
	}
	return true
}

func (p *framePace) drawn() { p.last, p.since = p.clock.Now(), time.Time{} }

// enterFrames brings the client's terminal from what it tailed to the plain
// state that frames begin from. It reports whether it could.
func (a *attachment) enterFrames() bool {
	a.mark = vt.Mark{}
	if !a.fresh { // it was sent something
		data, at, mark := a.plainly(a.ctx, a.turn)
		if !a.show(data, at) {
			return false
		}
		a.mark = mark
	}
	a.renderer = vt.NewRenderer(vt.Size(a.clientSize()), vt.FrameCaps{Sync: a.syncOutput})
	return true
}

// leaveFrames brings the client's terminal to what the session shows, from
// where it goes on with the log.
func (a *attachment) leaveFrames() (ended bool) {
	leave := a.renderer.AppendLeave(nil)
	a.renderer = nil
	a.redraw(leave, a.mark)
	return false
}

// show sends what was drawn from the screen at an offset; nothing needs no
// sending.
func (a *attachment) show(data []byte, at int64) bool {
	if len(data) == 0 {
		return true
	}
	return a.send(data, StreamTargetStdOut, at)
}

func (a *attachment) clientSize() Size {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.size
}
