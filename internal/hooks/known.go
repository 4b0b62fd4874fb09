package hooks

import (
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// known is what events are about: the sessions as they are, or as they were last for
// those that are forgotten as soon as they have ended.
type known struct {
	sessions Sessions
	last     map[string]*exec.Session // by ID
	// early are the events of sessions that nobody can see yet: a program may print
	// before its session has quite begun.
	early map[string][]exec.Event
}

const (
	// maxEarly bounds how many sessions have early events, and how many each has.
	maxEarly       = 64
	maxEarlyEvents = 16
)

func newKnown(sessions Sessions) *known {
	return &known{sessions: sessions, last: make(map[string]*exec.Session), early: make(map[string][]exec.Event)}
}

// ready returns the events that can be looked at now that ev has come: none, while
// its session has not begun, and those before it once it has.
func (k *known) ready(ev exec.Event) []exec.Event {
	id := ev.Session
	s, err := k.sessions.GetSession(&types.PluginContext{}, id)
	switch {
	case err == nil:
		k.last[id] = s
	case k.last[id] != nil:
		k.last[id].Clients = 0
	case ev.Kind != exec.EventCreated && ev.Kind != exec.EventEnded && ev.Kind != exec.EventRemoved &&
		len(k.early[id]) < maxEarlyEvents && (k.early[id] != nil || len(k.early) < maxEarly):
		k.early[id] = append(k.early[id], ev)
		return nil
	}
	list := append(k.early[id], ev)
	delete(k.early, id)
	return list
}

// about is the session of an event, nil if it was never known.
func (k *known) about(ev exec.Event) *exec.Session { return k.last[ev.Session] }

// behind forgets what nothing more will come of.
func (k *known) behind(ev exec.Event) {
	if ev.Kind == exec.EventRemoved {
		delete(k.last, ev.Session)
	}
}
