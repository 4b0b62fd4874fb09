package screen

import (
	"context"

	"github.com/xsh-project/xsh/internal/vt"
)

// placeBeginning has the model begin at what was stored, which drawn draws. If the
// log does not reach back to that, something is missing, and the model goes on
// behind it.
func (s *Screen) placeBeginning() {
	start, _ := s.log.Offsets()
	s.offset = max(s.cfg.BeginOffset, start)
	s.told, s.stored = s.offset, s.offset
	for _, c := range s.log.SizeChanges(0) {
		if c.Offset <= s.cfg.BeginOffset {
			s.sizes = c.Number
		}
	}
	s.beginKeyframes()
}

// drawn returns the model, which has what it begins with, or nil if there is none any
// more. The beginning is drawn for whoever is the first to need it: a server that
// takes over many sessions serves before, and one that nobody looks at is not drawn
// at all. The caller holds mu.
func (s *Screen) drawn() *vt.Terminal {
	if !s.begun && !s.broken {
		err := guard(func() error {
			first := Keyframe{Offset: s.offset, Size: s.cfg.Size, Sizes: s.sizes}
			if s.cfg.Begin != nil {
				s.cfg.Begin(s.model)
				first = s.now()
			}
			s.frames = append(s.frames, first)
			return nil
		})
		s.begun, s.asked, s.cfg.Begin = true, nil, nil
		if err != nil {
			s.fail(err)
		}
	}
	if s.broken {
		return nil
	}
	return s.model
}

// Catch takes in what the log of another server has, when turns has room or somebody
// waits for it, and returns when that is done. turns is shared by screens: what many of
// them have to catch up with must not keep those waiting that somebody looks at.
func (s *Screen) Catch(turns chan struct{}) {
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-s.awaited:
	}
	s.following.Lock()
	s.queued = false
	s.following.Unlock()
	_, end := s.log.Offsets()
	s.appended()
	s.Await(context.Background(), end) // or until there is no model
}
