package exec

import (
	"slices"

	"github.com/xsh-project/xsh/internal/vt"
)

// sendRest sends what of the replay the attach did not carry.
func (a *attachment) sendRest() {
	rest := a.rest()
	a.rest, a.torn = nil, true
	for chunk := range slices.Chunk(rest, maxChunk) {
		if !a.send(chunk, StreamTargetStdOut, a.log.position()) {
			a.unsent = nil
			return
		}
	}
	a.torn, a.drawnAt = false, a.s.m.clock.Now()
}

// refresh is redraw for a client that missed a size of the session.
func (a *attachment) refresh() bool {
	if a.fresh {
		return a.redraw(nil, vt.Mark{})
	}
	order, _, mark := a.plainly(a.ctx, a.turn)
	return a.redraw(order, mark)
}

// redraw shows the client the screen as it is now, behind what puts its
// terminal in order, and has it go on from there. To its history comes what the
// screen's history got since mark; else that stays as it is: what it missed
// cannot be put in between.
func (a *attachment) redraw(order []byte, mark vt.Mark) bool {
	a.s.screen.settle(a.ctx)
	o := a.replayOptions(noHistory)
	o.Since = mark
	d := a.s.replay(ReplayScreen, o, false)
	a.s.missed(a, d.offset)
	a.log.seek(d.offset, true)
	a.drawnAt = a.s.m.clock.Now()
	return a.show(append(order, d.first()...), d.offset)
}

func (a *attachment) replayOptions(history int) vt.ReplayOptions {
	return vt.ReplayOptions{History: history, Sync: a.syncOutput}
}

// noHistory is a replay's History for the screen alone.
const noHistory = -1
