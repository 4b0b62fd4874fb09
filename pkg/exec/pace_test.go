package exec

import (
	"testing"
	"time"
)

// stillClock is a clock that a test moves, and that counts timers.
type stillClock struct {
	now    time.Time
	timers int
}

func (c *stillClock) Now() time.Time { return c.now }

func (c *stillClock) After(time.Duration) <-chan time.Time {
	c.timers++
	return make(chan time.Time)
}

func TestFramePace(t *testing.T) {
	clock := &stillClock{now: time.Unix(1e9, 0)}
	p := framePace{clock: clock}
	frames := 0
	for range 1000 { // a change each millisecond
		if !p.tooEarly() {
			p.drawn()
			p.again = nil
			frames++
		}
		clock.now = clock.now.Add(time.Millisecond)
	}
	if frames < 50 || frames > 60 {
		t.Errorf("%d frames in a second", frames)
	}
	if clock.timers > frames {
		t.Errorf("%d timers for %d frames", clock.timers, frames)
	}
	began := clock.now
	for p.putOff() { // the program is drawing
		clock.now = clock.now.Add(time.Millisecond)
	}
	if waited := clock.now.Sub(began); waited != updateWait {
		t.Errorf("waited %v for a program that is drawing", waited)
	}
}
