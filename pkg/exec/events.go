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
	EventRenamed  EventKind = "renamed"
	// EventState: a signal has stopped the program, or it goes on; or what it is at
	// (Session.State) is another, where that is not told by a shell's marks alone.
	EventState    EventKind = "state"
	EventLabelled EventKind = "labelled"
	// EventAdopted: another server has taken the session over. It has none of the
	// events before, and numbers its own higher.
	EventAdopted EventKind = "adopted"
	// EventIdle: the program has printed nothing for IdleAfter.
	EventIdle EventKind = "idle"
	// EventExpiring: the session ends soon because nobody uses it; see SessionOptions.TTL.
	EventExpiring EventKind = "expiring"

	// What programs tell through their terminal.
	EventTitle        EventKind = "title"
	EventCwd          EventKind = "cwd"
	EventBell         EventKind = "bell"
	EventNotification EventKind = "notification"
	EventProgress     EventKind = "progress"
	// What shells tell that mark their prompts, or can be made to.
	EventPrompt          EventKind = "prompt"
	EventCommandStarted  EventKind = "command-started"
	EventCommandFinished EventKind = "command-finished"
)

// Event is something that happened to a session.
type Event struct {
	// Number counts the manager's events, from 1.
	Number  int64     `json:"number"`
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"kind"`
	Session string    `json:"session_id"`
	Name    string    `json:"name"`
	// Offset is that of the output behind what made the program's terminal tell it;
	// zero with what others did.
	Offset int64 `json:"offset,omitempty"`
	// Clients is how many are attached, with EventAttached and EventDetached.
	Clients int `json:"clients,omitempty"`
	// Size is the terminal's, with EventResized.
	Size *Size `json:"size,omitempty"`
	// Exit is how the program ended, with EventEnded.
	Exit *ExitStatus `json:"exit,omitempty"`
	// Title is the window's, or a notification's, and Body a notification's.
	Title string `json:"title,omitempty"`
	Body  string `json:"body,omitempty"`
	// Dir is the directory that the program told, with EventCwd.
	Dir string `json:"dir,omitempty"`
	// Progress is how far the program is.
	Progress *Progress `json:"progress,omitempty"`
	// Line is a command's line, if the shell told it; Status how it ended, if the
	// shell told that, and Took how long it ran.
	Line   string        `json:"line,omitempty"`
	Status *int          `json:"status,omitempty"`
	Took   time.Duration `json:"-"`
	// State is stopped or running, with EventState; or a StateName, or unknown, with
	// the State's message as Body, its Progress and its Source.
	State  string      `json:"state,omitempty"`
	Source StateSource `json:"source,omitempty"`
	// Labels are the session's, with EventLabelled, and Before its name before
	// EventRenamed.
	Labels map[string]string `json:"labels,omitempty"`
	Before string            `json:"before,omitempty"`
	// Missed is how many events before this one, of whatever sessions, were not kept
	// for long enough for the watcher to get them. Numbers that a server which was
	// killed had not given out count as well.
	Missed int64 `json:"missed,omitempty"`
}

// Progress is how far a program is with what it does, as OSC 9;4 tells it.
type Progress struct {
	// State is none, normal, error, indeterminate or paused.
	State   string `json:"state"`
	Percent int    `json:"percent"`
}

// maxEvents bounds the events that are kept for those who come back.
const maxEvents = 4096

// events is the one source of what happens to sessions: the newest events, and
// who waits for more. A watcher reads at its own pace, like a reader of a log;
// one that is too slow is told by a gap in the numbers what it missed.
type events struct {
	clock   timeutil.Clock
	numbers EventNumbers   // nil: they begin with 1
	writing sync.WaitGroup // goroutines that reserve numbers

	mu       sync.Mutex // guards the fields below; a leaf
	kept     []Event    // ascending, at most maxEvents
	number   int64
	reserved int64         // numbers up to here may be given out
	settled  bool          // another manager goes on with the numbers
	more     chan struct{} // closed when there is one more
}

// EventNumbers is what a Keeper also is that remembers how far events are numbered,
// so that the numbers of the next Manager are higher, however this one ends.
type EventNumbers interface {
	// Reserved is the number that was reserved last; 0 if none was.
	Reserved() int64
	// Reserve says that no number above n was given out, or will be before the next
	// call. It is called by one caller at a time.
	Reserve(n int64)
}

// reserveEvents is how many numbers are reserved at once: the next when half of them
// are left.
const reserveEvents = maxEvents

func newEvents(clock timeutil.Clock, keeper Keeper) *events {
	e := &events{clock: clock, more: make(chan struct{})}
	if numbers, ok := keeper.(EventNumbers); ok {
		e.numbers, e.number = numbers, numbers.Reserved()
		e.reserved = e.number + reserveEvents
		numbers.Reserve(e.reserved)
	}
	return e
}

// reserve has more numbers reserved if few are left. The caller holds mu.
func (e *events) reserve() {
	if e.numbers == nil || e.settled || e.number+reserveEvents/2 < e.reserved {
		return
	}
	e.reserved = e.number + reserveEvents
	n := e.reserved
	e.writing.Go(func() { e.numbers.Reserve(n) }) // the next is thousands of events away
}

// settle gives back the numbers that were reserved and not given out: who takes over
// goes on with the next, unless resume says that nobody did.
func (e *events) settle() (resume func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.numbers == nil {
		return func() {}
	}
	e.writing.Wait()
	e.settled, e.reserved = true, e.number
	e.numbers.Reserve(e.number)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.settled = false
		e.reserve()
	}
}

// add numbers an event and wakes the watchers. It never waits.
func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.number++
	e.reserve()
	ev.Number, ev.Time = e.number, e.clock.Now()
	if len(e.kept) == maxEvents {
		e.kept = append(e.kept[:0:0], e.kept[maxEvents/4:]...)
	}
	e.kept = append(e.kept, ev)
	close(e.more)
	e.more = make(chan struct{})
}

// after returns the kept events with numbers above n, how many of those above n are
// not kept any more, and a channel that is closed when there are more.
func (e *events) after(n int64) (list []Event, missed int64, more <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := len(e.kept)
	for i > 0 && e.kept[i-1].Number > n {
		i--
	}
	list = e.kept[i:len(e.kept):len(e.kept)]
	if len(list) > 0 {
		missed = list[0].Number - n - 1
	}
	return list, missed, e.more
}

// flood has a watcher take the events of a flood by the handful: to be woken costs more
// than an event. The zero flood is for a watcher that was not woken yet.
type flood struct {
	woken time.Time
	soon  int // how often it was woken in a row, each time soon after the last
}

const (
	// floodPause is how long the events of a flood are gathered, and floodBegins how
	// many in a row are none yet: what a shell tells at a prompt is told at once.
	floodPause  = 5 * time.Millisecond
	floodBegins = 16
)

// pause returns what to wait for before the events are taken that a watcher was just
// woken for.
func (f *flood) pause() <-chan time.Time {
	now := time.Now()
	since := now.Sub(f.woken)
	f.woken = now
	if since > 2*floodPause {
		f.soon = 0
	}
	if f.soon++; f.soon <= floodBegins {
		return closedTime
	}
	return time.After(floodPause)
}

// closedTime is a time that has come.
var closedTime = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// Watcher tells what happens to sessions. Manager and PluginClient are Watchers.
type Watcher interface {
	// Watch returns the events with numbers above after, as they come: after 0 begins
	// with the oldest that is kept, a negative one with the next, and one above all
	// that were ever given out, as from a server that has gone, with the oldest as
	// well. With IDs of sessions it returns theirs alone. It goes on until ctx ends,
	// or until the Watcher does, which it says in a last pair with an error.
	Watch(ctx context.Context, after int64, sessions ...string) iter.Seq2[Event, error]
}

func (e *events) last() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.number
}
