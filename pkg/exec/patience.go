package exec

import (
	"context"
	"sync"
	"time"
)

// patience is a context for a wait that as a rule is none. It ends with the one that
// it was made from, or when somebody has waited in it for as long as it has: its clock
// begins to run with the first who asks for Done. A timer that nobody needs would wake
// another of the server's threads, which an attach would be kept waiting for.
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
