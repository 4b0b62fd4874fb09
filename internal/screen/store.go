package screen

import "github.com/xsh-project/xsh/internal/vt"

// StoreNow hands the screen to Store.
func (s *Screen) StoreNow() {
	if s == nil || s.cfg.Store == nil {
		return
	}
	s.storing.Lock()
	defer s.storing.Unlock()
	kept, at, ok := s.keepNow()
	if !ok {
		return
	}
	s.cfg.Store(kept, at)
	s.mu.Lock()
	s.stored = at
	s.mu.Unlock()
}

// keepNow has the history kept and returns what is to be stored with it, and false if
// that is what was stored last, or there is no model.
func (s *Screen) keepNow() (kept vt.Kept, at int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offset == s.stored && s.offset > 0 {
		return vt.Kept{}, 0, false
	}
	model := s.drawn()
	switch {
	case model == nil:
		return vt.Kept{}, 0, false
	case s.cfg.KeepHistory == nil:
		return model.KeepWhole(), s.offset, true
	}
	kept = model.Keep()
	s.cfg.KeepHistory(kept.Blocks)
	return kept, s.offset, true
}
