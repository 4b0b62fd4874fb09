package exec

import (
	"context"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// sayEnded tells the client how the session ended.
func (a *attachment) sayEnded() {
	a.s.mu.Lock()
	if !a.s.announced {
		a.s.told = append(a.s.told, a.to)
	}
	a.s.mu.Unlock()
	for _, out := range a.s.closing() {
		if out.Signal == StreamSignalClose {
			out.Data = a.leave()
			out.AnswersDue = a.s.owes(a.requester)
		}
		a.to.send(a.ctx, out)
	}
}

// sayDetached tells the client that another one ended its attachment. A client
// that detached by itself is told nothing.
func (a *attachment) sayDetached() {
	a.s.mu.Lock()
	detached := a.detached
	a.s.mu.Unlock()
	if detached {
		a.to.send(context.Background(), StreamOutput{
			SessionID: a.s.id, Signal: StreamSignalClose, Offset: a.log.position(),
			Detached: true, Data: a.leave(), AnswersDue: a.s.owes(a.requester),
		})
	}
}

// leave returns what puts the client's terminal back as a shell expects it. By
// the plain contract that is nobody's business.
func (a *attachment) leave() []byte {
	switch {
	case a.plain || a.s.screen == nil:
		return nil
	case a.renderer != nil:
		return a.renderer.AppendLeave(a.unsent)
	}
	ctx, cancel := context.WithTimeout(a.s.m.streamsLife, leaveWait)
	defer cancel()
	data, _, _ := a.plainly(ctx, a.log.stopped())
	if data == nil {
		return nil
	}
	return append(append(a.unsent, data...), "\r\n"...)
}

// leaveWait is how long a model that is behind may take to know what a client
// was shown. Without it the client leaves by what it knows itself.
const leaveWait = 250 * time.Millisecond

// plainly returns what brings the client's terminal from what it tailed, up to
// a turn or to nowhere, to a plain state, the offset for which that holds, and
// the mark of what is then shown there, if that is known.
func (a *attachment) plainly(ctx context.Context, turn int64) (data []byte, at int64, mark vt.Mark) {
	known := a.log.position()
	if turn != nowhere {
		known = turn
	}
	if err := a.s.screen.await(ctx, known); err != nil {
		return nil, 0, mark
	}
	if t, ok := a.s.screen.turnFrom(a.clientSize(), turn); ok && !a.torn {
		if data, err := a.log.until(turn); err == nil {
			return append(append(data, leaveAnyway...), t.plain...), turn, t.mark
		}
	}
	// The way out is the model's, so the client is first brought to what the
	// model has seen.
	snap, at := a.s.screen.snapshot()
	if snap == nil {
		return nil, 0, mark
	}
	if at <= turn && !a.torn {
		if data, err := a.log.until(at); err == nil {
			return snap.AppendPlain(append(data, leaveAnyway...)), at, snap.Mark()
		}
	}
	// It is shown anew what it fits, or nothing.
	a.s.missed(a, at)
	if size := vt.Size(a.clientSize()); size != snap.Size() {
		snap = vt.New(size, vt.Config{}).Snapshot()
	}
	data = snap.AppendReplay([]byte(resetTerminal), vt.ReplayOptions{History: noHistory})
	return snap.AppendPlain(data), at, mark
}

// leaveAnyway puts the margins back, whatever the model says: a new size undoes
// them, and a terminal takes its size at another byte than the model does.
const leaveAnyway = "\x18\x1b7\x1b[r\x1b8"
