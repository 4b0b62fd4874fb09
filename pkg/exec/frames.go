package exec

import (
	"time"

	"github.com/xsh-project/xsh/internal/vt"
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
	var last, since time.Time // of the last frame; of the first one put off
	var again <-chan time.Time
	for {
		select {
		case <-changed:
		case <-again:
		case <-a.resize:
			if !a.draws() {
				return a.leaveFrames()
			}
			a.renderer.Resize(vt.Size(a.clientSize()))
		case <-a.ctx.Done():
			return false
		}
		again = nil
		now := a.s.m.clock.Now()
		if wait := frameEvery - now.Sub(last); wait > 0 {
			again = a.s.m.clock.After(wait)
			continue
		}
		snap, at := a.s.screen.snapshot()
		if snap == nil {
			return a.leaveFrames()
		}
		if snap.Updating() && (since.IsZero() || now.Sub(since) < updateWait) {
			if since.IsZero() {
				since = now
			}
			again = a.s.m.clock.After(frameEvery)
			continue
		}
		last, since = now, time.Time{}
		a.log.seek(at, false)
		if !a.show(a.renderer.AppendFrame(nil, snap), at) {
			return false
		}
		if a.s.log.finished(at) {
			return true
		}
	}
}

// enterFrames brings the client's terminal from what it tailed to the plain
// state that frames begin from. The way there is the model's, so the client is
// first sent what the model has seen and it has not.
func (a *attachment) enterFrames() bool {
	a.renderer = vt.NewRenderer(vt.Size(a.clientSize()), vt.FrameCaps{Sync: a.syncOutput})
	if a.fresh {
		a.fresh = false
		return true // it was sent nothing yet
	}
	if err := a.s.screen.await(a.ctx, a.log.position()); err != nil {
		return a.ctx.Err() == nil
	}
	snap, at := a.s.screen.snapshot()
	if snap == nil {
		return true
	}
	for a.log.position() < at {
		data, from, target, _, err := a.log.next(int(min(at-a.log.position(), maxChunk)))
		if err != nil {
			break // it missed that; the frame shows what came of it
		}
		if !a.to.send(a.ctx, StreamOutput{SessionID: a.s.id, Data: data, Target: target, Offset: from}) {
			return false
		}
	}
	return a.show(snap.AppendLeave(nil), at)
}

// leaveFrames brings the client's terminal to what the session shows, from
// where it goes on with the log.
func (a *attachment) leaveFrames() (ended bool) {
	leave := a.renderer.AppendLeave(nil)
	a.renderer = nil
	draw, at := a.s.replay(ReplayScreen, noHistory)
	a.s.missed(a, at)
	a.log.seek(at, true)
	a.show(append(leave, draw()...), at)
	return false
}

// show sends what was drawn from the screen at an offset; nothing needs no
// sending.
func (a *attachment) show(data []byte, at int64) bool {
	if len(data) == 0 {
		return true
	}
	return a.to.send(a.ctx, StreamOutput{SessionID: a.s.id, Data: data, Offset: at})
}

func (a *attachment) clientSize() Size {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.size
}
