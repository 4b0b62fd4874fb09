package screen

import (
	"context"
	"slices"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// BeforeChange is what the terminal showed where its size changed, for a client
// that takes no part in that.
type BeforeChange struct {
	offset int64
	size   vt.Size // before it
	Plain  []byte  // brings the client's terminal to a plain state
	Mark   vt.Mark // of what it then shows
}

// maxChanges bounds those that are kept: clients look for theirs at once.
const maxChanges = 4

// Resize has the output from now on count as made for another size.
func (s *Screen) Resize(size vt.Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.log.ChangeSize(outlog.Size(size))
	if s.broken || s.offset < c.Offset {
		return // made when the model comes to it
	}
	s.changeNow([]outlog.SizeChange{c})
	s.wake()
}

// Sized is Snapshot in the size that output is made for now: a change that the
// model has not come to counts at once.
func (s *Screen) Sized() (*vt.Snapshot, int64) {
	if s == nil {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.broken {
		if all := s.log.SizeChanges(s.sizes); len(all) > 0 {
			s.changeNow(all[len(all)-1:])
		}
	}
	return s.shown()
}

// Settle waits until the model has the session's size by itself, so that it
// takes every byte in the size that it was written for.
func (s *Screen) Settle(ctx context.Context) {
	if s == nil {
		return
	}
	s.mu.Lock()
	all := s.log.SizeChanges(s.sizes)
	s.mu.Unlock()
	if n := len(all); n > 0 {
		s.Await(ctx, all[n-1].Offset) // else it is resized at once
	}
}

// changeNow makes size changes, and gives up a model that fails at them. The
// caller holds mu.
func (s *Screen) changeNow(all []outlog.SizeChange) {
	err := guard(func() error {
		for _, c := range all {
			s.change(c)
		}
		return nil
	})
	if err != nil {
		s.fail(err)
	}
}

// change resizes the model, and keeps what it showed. The caller holds mu.
func (s *Screen) change(c outlog.SizeChange) {
	if len(s.changes) == maxChanges {
		s.changes = s.changes[1:]
	}
	model := s.drawn()
	snap := model.Snapshot()
	s.changes = append(s.changes, BeforeChange{s.offset, snap.Size(), snap.AppendPlain(nil), snap.Mark()})
	model.Resize(vt.Size(c.Size))
	s.sizes = c.Number
}

// Before returns what was shown before the change at an offset, if the model made
// it there. A client whose terminal has another size than the model had may have
// changed it meanwhile: what is set there is the same, but not where its lines are. It
// gets no Mark, and its cursor ends at the bottom, below whatever it shows.
func (s *Screen) Before(size vt.Size, offset int64) (before BeforeChange, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.changes {
		switch {
		case c.offset != offset:
		case c.size == size:
			return c, true
		case !ok:
			before, ok = c, true
			before.Plain = append(slices.Clip(c.Plain), toBottom...)
			before.Mark = vt.Mark{}
		}
	}
	return before, ok
}

const toBottom = "\x1b[9999H"
