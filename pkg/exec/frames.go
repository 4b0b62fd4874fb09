package exec

import (
	"time"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/timeutil"
)

// sendRest sends what of the replay the attach did not carry, which is mostly
// history. On a line that would take long for it, the screen comes in its place:
// what the user types waits behind all of this.
func (a *Attachment) sendRest() {
	// The history of a long session is milliseconds of work for us, and then for the
	// client. It would take the processor from the screen that the user waits for.
	<-a.begin.drawn
	select {
	case <-time.After(showWait):
	case <-a.life.Done():
		return
	}
	rest := a.begin.rest()
	a.begin.rest = nil
	for len(rest) > 0 {
		n := min(len(rest), a.chunk())
		if !a.out.Send(a.life, a.drawn(rest[:n], a.reader.Position(), n == len(rest))) {
			return
		}
		rest = rest[n:]
		if line, ok := a.out.(Line); ok && line.Delay(int64(len(rest))) > historyWait {
			a.redraw(a.resetTerminal(), vt.Mark{})
			return
		}
	}
	a.view.shows, a.view.drawnAt = showsLog, a.s.m.clock.Now()
}

// showWait is how long a client is given to show the screen before the history is
// made: some times what one takes.
const showWait = 4 * time.Millisecond

// historyWait is how long a client's line may take for history.
const historyWait = time.Second

// drawn is output that was made from the screen at an offset.
func (a *Attachment) drawn(data []byte, at int64, whole bool) StreamOutput {
	return StreamOutput{SessionID: a.s.id, Data: data, Offset: at, Drawn: true, Whole: whole}
}

// drawScreen shows a client the screen for which the log does not continue what
// it shows, and has it go on from there.
func (a *Attachment) drawScreen(change int64) {
	if a.s.ended() { // the last screen is what it is to see
		settling, over := patiently(a.life, leaveWait)
		_, end := a.s.log.Offsets()
		a.s.screen.Await(settling, end)
		over()
	}
	switch a.view.shows {
	case showsNothing:
		a.redraw(nil, vt.Mark{})
	case showsFrames:
		order := a.view.renderer.AppendLeave(nil)
		mark := a.view.mark
		if a.view.slow {
			mark = vt.Mark{} // what passed meanwhile is too much for its line
		}
		a.view.renderer = nil
		a.redraw(order, mark)
	default:
		order, _, mark := a.plainly(a.life, change)
		a.redraw(order, mark)
	}
}

// redraw shows the client the screen as it is now, behind what puts its
// terminal in order, and has it go on from there. To its history comes what the
// screen's history got since mark; else that stays as it is: what it missed
// cannot be put in between.
func (a *Attachment) redraw(order []byte, mark vt.Mark) {
	a.s.screen.Settle(a.life)
	o := vt.ReplayOptions{History: noHistory, Sync: a.opts.SyncOutput, Since: mark}
	d := a.s.drawing(ReplayScreen, o, false, vt.Mark{})
	a.missed(d.offset)
	order = append(order, a.beside(a.reader.Position(), d.offset)...)
	a.reader.MoveTo(d.offset, true)
	a.view.drawnAt = a.s.m.clock.Now()
	a.view.filter = filterOutside
	a.show(append(order, a.spoiled(d.first())...), d.offset, true)
}

// beside returns what a client gets of what the program did beside its screen between two
// offsets of which the client is not sent the output.
func (a *Attachment) beside(from, to int64) (data []byte) {
	leads := a.client.leads.Load()
	for _, one := range a.s.told.asides.between(from, to) {
		if one.kind == vt.AsideClipboard && a.mayUseClipboard() || one.kind != vt.AsideClipboard && leads {
			data = append(data, one.read(a.s.log)...)
		}
	}
	return data
}

// show sends what was drawn from the screen at an offset; nothing needs no
// sending. With whole the log goes on behind it.
func (a *Attachment) show(data []byte, at int64, whole bool) bool {
	if whole {
		a.view.shows = showsLog
	}
	for len(data) > 0 {
		n := min(len(data), a.chunk())
		if !a.out.Send(a.life, a.drawn(data[:n], at, whole && n == len(data))) {
			a.view.unsent = data
			return false
		}
		data = data[n:]
	}
	return true
}

const (
	// frameEvery is the least time between two frames: 60 a second.
	frameEvery = time.Second / 60

	// updateWait is how long frames wait for a program that has said that it
	// is in the middle of drawing (mode 2026).
	updateWait = 150 * time.Millisecond
)

// frames draws the screen each time that it has changed, until something has
// changed that may have the client served in another way. It reports whether
// the session has ended and its last screen was drawn.
func (a *Attachment) frames() (ended bool) {
	if a.view.shows != showsFrames && !a.enterFrames() {
		return false
	}
	a.view.renderer.Resize(vt.Size(a.frameSize()))
	changed, end := a.s.screen.Watch()
	defer end()
	pace := framePace{clock: a.s.m.clock}
	var paused <-chan time.Time // receives when the program may have paused
	for {
		a.mu.Unlock()
		again := false
		select {
		case <-paused:
			again = true
		case <-changed:
		case <-pace.again:
			pace.again = nil
		case <-a.news:
			again = true
		case <-a.life.Done():
			again = true
		}
		a.mu.Lock()
		if again {
			return false
		}
		ended := a.s.log.Finished(a.s.screen.Position())
		if ended && !a.view.other {
			return false // the last screen is to stay on the client's terminal
		}
		if !ended && pace.tooEarly() {
			continue
		}
		snap, at := a.s.screen.Snapshot()
		if snap == nil {
			return false
		}
		if !ended && snap.Updating() && pace.putOff() {
			continue
		}
		pace.drawn()
		a.view.framed = pace.last
		beside := a.beside(a.reader.Position(), at)
		a.reader.MoveTo(at, false)
		if !a.show(a.view.renderer.AppendFrame(beside, snap), at, false) {
			return false
		}
		if ended {
			return true
		}
		if a.view.slow {
			paused = a.s.m.clock.After(pausesFor)
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
func (a *Attachment) enterFrames() bool {
	mark := vt.Mark{}
	if a.view.shows != showsNothing { // it was sent something
		var data []byte
		var at int64
		data, at, mark = a.plainly(a.life, a.reader.Stopped())
		if !a.show(data, at, false) {
			return false
		}
	}
	a.view.shows, a.view.mark = showsFrames, mark
	a.view.renderer = vt.NewRenderer(vt.Size(a.frameSize()), vt.FrameCaps{Sync: a.opts.SyncOutput})
	return true
}
