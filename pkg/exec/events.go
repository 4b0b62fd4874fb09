package exec

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/xsh-project/xsh/pkg/timeutil"
)

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventCreated  EventKind = "created"
	EventAttached EventKind = "attached"
	EventDetached EventKind = "detached"
	EventResized  EventKind = "resized"
	EventEnded    EventKind = "ended"
	EventRemoved  EventKind = "removed"
)

// Event is something that happened to a session.
type Event struct {
	// Number counts the manager's events, from 1.
	Number  int64     `json:"number"`
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"kind"`
	Session string    `json:"session_id"`
	Name    string    `json:"name"`
	// Clients is how many are attached, with EventAttached and EventDetached.
	Clients int `json:"clients,omitempty"`
	// Size is the terminal's, with EventResized.
	Size *Size `json:"size,omitempty"`
	// Exit is how the program ended, with EventEnded.
	Exit *ExitStatus `json:"exit,omitempty"`
}

// maxEvents bounds the events that are kept for those who come back.
const maxEvents = 4096

// events is the one source of what happens to sessions: the newest events, and
// who waits for more. A watcher reads at its own pace, like a reader of a log;
// one that is too slow is told by a gap in the numbers what it missed.
type events struct {
	clock timeutil.Clock

	mu     sync.Mutex // guards the fields below; a leaf
	kept   []Event    // ascending, at most maxEvents
	number int64
	more   chan struct{} // closed when there is one more
}

func newEvents(clock timeutil.Clock) *events {
	return &events{clock: clock, more: make(chan struct{})}
}

// add numbers an event and wakes the watchers. It never waits.
func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.number++
	ev.Number, ev.Time = e.number, e.clock.Now()
	if len(e.kept) == maxEvents {
		e.kept = append(e.kept[:0:0], e.kept[maxEvents/4:]...)
	}
	e.kept = append(e.kept, ev)
	close(e.more)
	e.more = make(chan struct{})
}

// after returns the kept events with numbers above n, and a channel that is
// closed when there are more.
func (e *events) after(n int64) ([]Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := len(e.kept)
	for i > 0 && e.kept[i-1].Number > n {
		i--
	}
	return e.kept[i:len(e.kept):len(e.kept)], e.more
}

// Watch returns the events with numbers above after, as they come, until ctx
// or the manager ends: after 0 begins with the oldest that is kept, a negative
// one with the next. Where numbers are missing, events were not kept for long
// enough.
func (m *Manager) Watch(ctx context.Context, after int64) iter.Seq[Event] {
	if after < 0 {
		after = m.events.last()
	}
	return func(yield func(Event) bool) {
		for {
			list, more := m.events.after(after)
			for _, ev := range list {
				if !yield(ev) {
					return
				}
				after = ev.Number
			}
			if len(list) > 0 {
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			case <-m.streamsLife.Done():
				return
			}
		}
	}
}

func (e *events) last() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.number
}
