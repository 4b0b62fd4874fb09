package screen

import (
	"sync"
	"sync/atomic"
)

// Budget bounds what the histories of many screens weigh together. Where they weigh
// too much, the screen that just got more drops its oldest lines: one that is quiet
// keeps what it has.
type Budget struct{ limit, used atomic.Int64 }

// SetLimit says how many bytes there may be.
func (b *Budget) SetLimit(bytes int64) { b.limit.Store(bytes) }

// Used returns how many there are.
func (b *Budget) Used() int64 { return b.used.Load() }

// leastHistory is what each screen may have in any case.
const leastHistory = 64 << 10

// weight is what a screen has of its budget.
type weight struct {
	mu    sync.Mutex // guards the fields below; nothing works meanwhile
	bytes int64
	gone  bool // it has nothing any more
}

// set notes what the screen has and returns by how much all have too much.
func (w *weight) set(b *Budget, bytes int64) (over int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return 0
	}
	used := b.used.Add(bytes - w.bytes)
	w.bytes = bytes
	return used - b.limit.Load()
}

// weigh holds the model's history to the budget. The caller holds mu.
func (s *Screen) weigh() {
	if s.cfg.Budget == nil {
		return
	}
	model := s.drawn()
	bytes := int64(model.HistoryBytes())
	over := s.weight.set(s.cfg.Budget, bytes)
	if over > 0 && bytes > leastHistory {
		model.TrimHistory(int(max(leastHistory, bytes-over)))
		s.weight.set(s.cfg.Budget, int64(model.HistoryBytes()))
	}
}

// Forget gives back what the screen has of its budget: nobody will look at it any
// more. It waits for no model.
func (s *Screen) Forget() {
	if s == nil || s.cfg.Budget == nil {
		return
	}
	s.weight.mu.Lock()
	defer s.weight.mu.Unlock()
	s.cfg.Budget.used.Add(-s.weight.bytes)
	s.weight.bytes, s.weight.gone = 0, true
}
