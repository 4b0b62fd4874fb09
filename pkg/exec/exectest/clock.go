package exectest

import (
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/timeutil"
)

// Clock is a clock that stands still until Advance is called.
type Clock struct {
	mu      sync.Mutex // guards the fields below
	now     time.Time
	timers  []timer
	changed chan struct{} // closed when a timer is added
	byself  bool          // it moves to each timer that is set
}

type timer struct {
	at time.Time
	c  chan time.Time
}

var _ timeutil.Clock = (*Clock)(nil)

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	return &Clock{now: start, changed: make(chan struct{})}
}

// Now implements timeutil.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After implements timeutil.Clock.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := timer{at: c.now.Add(d), c: make(chan time.Time, 1)}
	c.timers = append(c.timers, t)
	if c.byself && t.at.After(c.now) {
		c.now = t.at
	}
	c.fire()
	close(c.changed)
	c.changed = make(chan struct{})
	return t.c
}

// AdvanceByItself has the clock move to each timer that is set from now on, at once,
// and to the last of those that are set already: what waits for a time has waited for
// it, and a test of an hour takes no time. Who sets one timer after another in a loop
// does so without a pause.
func (c *Clock) AdvanceByItself() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byself = true
	for _, t := range c.timers {
		if t.at.After(c.now) {
			c.now = t.at
		}
	}
	c.fire()
}

// Advance moves the clock and fires the timers that are due.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.fire()
}

// fire is called with mu held.
func (c *Clock) fire() {
	var left []timer
	for _, t := range c.timers {
		if t.at.After(c.now) {
			left = append(left, t)
		} else {
			t.c <- c.now
		}
	}
	c.timers = left
}

// Timers returns how many timers have not fired. One that nobody waits for any
// more counts as well: a Clock cannot know.
func (c *Clock) Timers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// WaitTimers waits until at least n timers have not fired, so that the Advance
// that follows is not too early.
func (c *Clock) WaitTimers(tb testing.TB, n int) {
	tb.Helper()
	deadline := time.After(Patience)
	for {
		c.mu.Lock()
		have, changed := len(c.timers), c.changed
		c.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			tb.Fatalf("%d timers were set, not %d", have, n)
		}
	}
}
