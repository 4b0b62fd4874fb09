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

// drawn returns the model, or nil if it has failed. The first call makes it show what
// Config.Begin says, so all uses of the model go through here. That is not done when the
// screen is made: a server that takes over many sessions would serve nobody until it
// had drawn them all. The caller holds mu.
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

// Catch has the model of an adopted session take in what the log holds already, and
// returns when it has. It first waits until it can put a value into turns, a channel
// that all adopted screens share: its capacity is how many of them work at the same
// time. A screen that somebody awaits (Await) does not wait for that.
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
