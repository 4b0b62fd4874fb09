package exec

import (
	"context"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
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
	a.reader.MoveTo(d.offset, true)
	a.view.drawnAt = a.s.m.clock.Now()
	a.show(append(order, d.first()...), d.offset, true)
}

// noHistory is a replay's History for the screen alone.
const noHistory = -1

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

// missed notes that the client was not sent the output before an offset.
func (a *Attachment) missed(before int64) {
	s := a.s
	s.mu.Lock()
	answers := s.questions.miss(&a.client.asked, before, s.m.clock.Now())
	s.mu.Unlock()
	s.answer(answers)
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
	for {
		a.mu.Unlock()
		again := false
		select {
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
		a.reader.MoveTo(at, false)
		if !a.show(a.view.renderer.AppendFrame(nil, snap), at, false) {
			return false
		}
		if ended {
			return true
		}
		if a.view.slow && !a.behind() {
			return false // the program has paused, and the client has its screen
		}
	}
}

// frameSize is the size to draw frames for.
func (a *Attachment) frameSize() Size {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.client.size == (Size{}) {
		return a.s.info.Size
	}
	return a.client.size
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

// sayEnded tells the client how the session ended.
func (a *Attachment) sayEnded() {
	for _, out := range a.s.closing() {
		if out.Signal == StreamSignalClose {
			out.Data = a.leave()
			out.AnswersDue = a.owes()
		}
		a.out.Send(a.life, out)
	}
	a.s.noteEnd(a, EndSession)
}

// sayDetached tells the client that another one ended its attachment. A client
// that detached by itself is told nothing.
func (a *Attachment) sayDetached() {
	if a.Why() != EndEvicted {
		return
	}
	a.s.mu.Lock()
	moveTo := a.client.moveTo
	a.s.mu.Unlock()
	ctx, cancel := context.WithTimeout(a.s.m.streamsLife, lastWords)
	defer cancel()
	a.out.Send(ctx, StreamOutput{
		SessionID: a.s.id, Signal: StreamSignalClose, Offset: a.reader.Position(),
		Detached: true, Data: a.leave(), AnswersDue: a.owes(), MoveTo: moveTo,
	})
}

// leave returns what puts the client's terminal back as a shell expects it. By
// the plain contract that is nobody's business. The goroutine calls it, or
// whoever has seen it done.
func (a *Attachment) leave() []byte {
	switch {
	case a.plain || a.s.screen == nil:
		return nil
	case a.view.renderer != nil:
		return a.view.renderer.AppendLeave(a.view.unsent)
	}
	ctx, cancel := context.WithTimeout(a.s.m.streamsLife, leaveWait)
	defer cancel()
	data, _, mark := a.plainly(ctx, a.reader.Stopped())
	if data == nil {
		return nil
	}
	a.view.mark = mark
	return append(append(a.view.unsent, data...), "\r\n"...)
}

// leaveWait is how long a model that is behind may take to know what a client
// was shown. Without it the client leaves by what it knows itself.
const leaveWait = 250 * time.Millisecond

// plainly returns what brings the client's terminal from what it tailed, up to
// a change of size or to outlog.Nowhere, to a plain state, the offset for which
// that holds, and the mark of what is then shown there, if that is known.
func (a *Attachment) plainly(ctx context.Context, change int64) (data []byte, at int64, mark vt.Mark) {
	screen, size := a.s.screen, vt.Size(a.frameSize())
	torn := a.view.shows == showsPart
	known := a.reader.Position()
	if change != outlog.Nowhere {
		known = change
	}
	if err := screen.Await(ctx, known); err != nil {
		return nil, 0, mark
	}
	if before, ok := screen.Before(size, change); ok && !torn {
		if data, err := a.reader.Until(change); err == nil {
			return slices.Concat(data, []byte(leaveAnyway), before.Plain), change, before.Mark
		}
	}
	// The way out is the model's, so the client is first brought to what the
	// model has seen.
	snap, at := screen.Snapshot()
	if snap == nil {
		return nil, 0, mark
	}
	if at <= change && !torn {
		if data, err := a.reader.Until(at); err == nil {
			return snap.AppendPlain(append(data, leaveAnyway...)), at, snap.Mark()
		}
	}
	// It is shown anew what it fits, or nothing.
	a.missed(at)
	if size != snap.Size() {
		snap = vt.New(size, vt.Config{}).Snapshot()
	}
	data = snap.AppendReplay(a.resetTerminal(), vt.ReplayOptions{History: noHistory})
	return snap.AppendPlain(data), at, mark
}

// leaveAnyway puts the margins back, whatever the model says: a new size undoes
// them, and a terminal takes its size at another byte than the model does.
const leaveAnyway = "\x18\x1b7\x1b[r\x1b8"

// owes reports whether the client's terminal was asked what it has not
// answered: the program has its answers from the model by then, and whoever
// reads the terminal next did not ask.
func (a *Attachment) owes() bool {
	s := a.s
	if s.screen == nil {
		return false
	}
	// The client may have been sent questions that the model just came upon.
	ctx, cancel := context.WithTimeout(s.m.streamsLife, leaveWait)
	defer cancel()
	s.screen.Await(ctx, s.screen.Position())
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.questions.owes(&a.client.asked, s.m.clock.Now())
}
