package exec

import (
	"context"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/termreset"
	"github.com/xsh-project/xsh/internal/vt"
)

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
	ctx, end := patiently(a.s.m.streamsLife, leaveWait)
	defer end()
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
	// What its line is too slow for it is not brought through either.
	torn := func(at int64) bool { return a.view.shows == showsPart || a.slowFor(at-a.reader.Position()) }
	known := a.reader.Position()
	if change != outlog.Nowhere {
		known = change
	}
	if err := screen.Await(ctx, known); err != nil {
		return nil, 0, mark
	}
	if before, ok := screen.Before(size, change); ok && !torn(change) {
		if data, err := a.reader.Until(change); err == nil {
			return slices.Concat(a.spoiled(data), []byte(leaveAnyway), before.Plain), change, before.Mark
		}
	}
	// The way out is the model's, so the client is first brought to what the
	// model has seen.
	snap, at := screen.Snapshot()
	if snap == nil {
		return nil, 0, mark
	}
	if at <= change && !torn(at) {
		if data, err := a.reader.Until(at); err == nil {
			return snap.AppendPlain(append(a.spoiled(data), leaveAnyway...)), at, snap.Mark()
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
	ctx, end := patiently(s.m.streamsLife, leaveWait)
	defer end()
	s.screen.Await(ctx, s.screen.Position())
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.questions.owes(&a.client.asked, s.m.clock.Now())
}

// resetTerminal undoes what a program may have set on a terminal that has
// missed how it went on, beyond what a replay itself begins with. A terminal that was
// sent termreset.Begin also loses the titles that were pushed since: the replay pushes
// them again, and one pushed twice would stay behind the program.
func (a *Attachment) resetTerminal() []byte {
	if a.opts.SyncOutput {
		return []byte(termreset.Everything() + termreset.TitlesOfBegin())
	}
	return []byte(termreset.Everything())
}
