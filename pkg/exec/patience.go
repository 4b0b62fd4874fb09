package exec

import (
	"context"
	"sync"
	"time"
)

// patience is a context with a timeout whose timer starts at the first call of Done, not
// at once. It is for calls such as Screen.Await, which as a rule find what they wait for
// already there, and then never call Done. A timer that is started wakes another of the
// server's threads, even if it is stopped at once, and the attach that started it would
// be slower for that.
type patience struct {
	context.Context // that it was made from
	limit           time.Duration

	mu     sync.Mutex // guards the fields below
	timed  context.Context
	cancel context.CancelFunc
}

// patiently returns a patience. The caller calls end when it has no more use for it.
func patiently(ctx context.Context, limit time.Duration) (p context.Context, end func()) {
	w := &patience{Context: ctx, limit: limit}
	return w, w.end
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel == nil {
		p.timed, p.cancel = context.WithCancel(p.Context)
	}
	p.cancel()
}

// Done implements context.Context.
func (p *patience) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.cancel = context.WithTimeout(p.Context, p.limit)
	}
	return p.timed.Done()
}

// Err implements context.Context.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		return p.Context.Err()
	}
	return p.timed.Err()
}
