package server

import (
	"context"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
)

// tellRest is how long there is nothing to be told behind what was told: programs spin
// something in their titles.
const tellRest = 50 * time.Millisecond

// tell tells an attached client what the session's program is at, and its name and
// title, whenever that has changed, until ctx ends. known is what the client knows.
func (c *localConn) tell(ctx context.Context, a *exec.Attachment, known *exec.Session) {
	events := c.sessions.Watch(ctx, -1, known.ID)
	tellNew := func() bool {
		s := a.Session()
		if sameTold(s, known) {
			return true
		}
		known = s
		p := (&exec.Session{ID: s.ID, Name: s.Name, Title: s.Title, State: toldState(s)}).ToProto()
		if c.out.write(ctx, appendMessage(nil, stream.Told, p)) != nil {
			return false
		}
		select { // what changes meanwhile is told at once then, by its events
		case <-time.After(tellRest):
			return true
		case <-ctx.Done():
			return false
		}
	}
	if !tellNew() { // what changed before there was somebody to watch
		return
	}
	for ev, err := range events {
		if err != nil {
			return
		}
		switch ev.Kind {
		case exec.EventState, exec.EventTitle, exec.EventRenamed:
			if !tellNew() {
				return
			}
		}
	}
}

// sameTold reports whether a client that was told of one need not hear of the other.
func sameTold(a, b *exec.Session) bool {
	x, y := toldState(a), toldState(b)
	if x.Name == exec.StateUnknown && y.Name == exec.StateUnknown {
		return true
	}
	return x.Name == y.Name && x.Message == y.Message && a.Title == b.Title && a.Name == b.Name
}

// toldState is the session's state, if it is worth telling: a shell that marks its
// prompts has another one with each command.
func toldState(s *exec.Session) exec.State {
	if s.State.Source == exec.SourceShell {
		return exec.State{}
	}
	return s.State
}
