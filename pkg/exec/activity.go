package exec

import (
	"sync"
	"sync/atomic"
	"time"
)

// IdleAfter is how long a program prints nothing before EventIdle says so.
const IdleAfter = 10 * time.Second

// activity is when a session's program last printed something. It is told by
// the system's clock, whatever the manager's is: it measures, and dates nothing.
type activity struct {
	idle   func() // called when nothing was printed for IdleAfter
	looked func() // called every IdleAfter while there is output, and before idle

	at    atomic.Int64 // of the last output, in nanoseconds
	armed atomic.Bool  // a timer runs that looks again

	mu    sync.Mutex // guards the fields below
	timer *time.Timer
	ended bool
}

// printed notes that there is output.
func (a *activity) printed() {
	a.at.Store(time.Now().UnixNano())
	if !a.armed.Swap(true) {
		a.arm(IdleAfter)
	}
}

// since is for how long nothing was printed.
func (a *activity) since() time.Duration {
	return time.Since(time.Unix(0, a.at.Load()))
}

func (a *activity) arm(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.timer = time.AfterFunc(d, a.look)
	}
}

// look runs when a timer has fired: output that came meanwhile makes it wait on.
func (a *activity) look() {
	a.looked()
	if left := IdleAfter - a.since(); left > 0 {
		a.arm(left)
		return
	}
	a.armed.Store(false)
	a.idle()
}

// end stops the timer.
func (a *activity) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
	}
}
