package exec

import (
	"sync"
	"sync/atomic"
	"time"
)

// expiry ends a session that nobody uses. Like activity it is told by the system's
// clock. After an adoption a session has all its time again.
type expiry struct {
	ttl time.Duration // zero: there is no expiry
	// output is where the program's output ends, and when it last printed something.
	output func() (end int64, at time.Time)
	// note tells that the session ends soon, and where the output goes on behind that.
	note   func(ttl, left time.Duration) int64
	expire func()

	used atomic.Int64 // when somebody used it last, in nanoseconds

	mu    sync.Mutex // guards the fields below
	timer *time.Timer
	over  bool
	noted bool      // the session was told that it ends soon
	seen  int64     // the end of the output when it was looked at
	outAt time.Time // when the program printed what was seen
}

// noticeBefore is how long before its end a session is told of it, or a quarter of
// its time if that is less.
const noticeBefore = time.Minute

func (e *expiry) notice() time.Duration { return min(noticeBefore, e.ttl/4) }

// use notes that somebody uses the session. It waits for nothing.
func (e *expiry) use() {
	if e.ttl > 0 {
		e.used.Store(time.Now().UnixNano())
	}
}

// begin has the time begin to run.
func (e *expiry) begin() {
	if e.ttl == 0 {
		return
	}
	e.use()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arm(e.ttl - e.notice())
}

// end stops the timer. A look that has begun may still go on.
func (e *expiry) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// arm has the session looked at after d. The caller holds mu.
func (e *expiry) arm(d time.Duration) {
	if !e.over {
		e.timer = time.AfterFunc(d, e.look)
	}
}

// look runs when the timer has fired. It is the timer alone that calls it, so
// there is never more than one.
func (e *expiry) look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	idle := time.Since(e.lastUse())
	// A machine that slept finds all the time gone: its user is told before as well.
	switch {
	case idle < e.ttl-e.notice():
		e.noted = false
		e.arm(e.ttl - e.notice() - idle)
	case !e.noted:
		e.noted = true
		e.seen = e.note(e.ttl, e.notice())
		e.arm(e.notice())
	case idle < e.ttl:
		e.arm(e.ttl - idle)
	default:
		e.over = true
		e.expire()
	}
}

// lastUse is when the session was used last, by somebody or by its program, whose
// output behind what was seen counts. The caller holds mu.
func (e *expiry) lastUse() time.Time {
	if end, at := e.output(); end != e.seen {
		e.seen, e.outAt = end, at
	}
	if used := time.Unix(0, e.used.Load()); used.After(e.outAt) {
		return used
	}
	return e.outAt
}
