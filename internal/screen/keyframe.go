package screen

import "github.com/xsh-project/xsh/internal/vt"

// Keyframe is what the screen was at one offset, for whoever wants to know what it
// was at one behind that: a terminal of Size that shows Replay and is then given the
// output from Offset on, in the sizes of the changes above Sizes, shows it.
type Keyframe struct {
	Offset int64
	Size   vt.Size
	Sizes  int64 // number of the size change that was made last

	snap *vt.Snapshot // nil for a terminal that shows nothing yet
}

// Replay returns what draws the keyframe, with the newest lines of its history.
func (k Keyframe) Replay() []byte {
	if k.snap == nil {
		return nil
	}
	return k.snap.AppendReplay(nil, vt.ReplayOptions{History: frameHistory})
}

const (
	// keyframes is how many a screen keeps, evenly over what its log holds: to come
	// from one to any offset before the next takes the model a millisecond or so, and
	// what is held before the first cannot be shown.
	keyframes = 8

	// frameHistory is how many lines of history a keyframe has at least: those that
	// come back to a screen that grows.
	frameHistory = 100

	// minFrameEvery keeps what they cost small beside what the output does.
	minFrameEvery = 64 << 10
)

// beginKeyframes keeps where the log begins, if that is all the program ever printed.
// Where the model begins comes with it; see drawn.
func (s *Screen) beginKeyframes() {
	all := s.log.SizeChanges(0)
	if start, _ := s.log.Offsets(); start == 0 && s.offset > 0 && len(all) > 0 && all[0].Offset == 0 {
		s.frames = append(s.frames, Keyframe{Size: vt.Size(all[0].Size), Sizes: all[0].Number})
	}
	s.frameEvery = int64(max(s.log.Capacity()/keyframes, minFrameEvery))
}

// keep keeps a keyframe if the last is far enough behind, and forgets those of
// output that is not held any more. The caller holds mu.
func (s *Screen) keep() {
	if s.offset-s.frames[len(s.frames)-1].Offset < s.frameEvery {
		return
	}
	start, _ := s.log.Offsets()
	gone := 0
	for gone < len(s.frames) && s.frames[gone].Offset < start {
		gone++
	}
	s.frames = append(s.frames[:0:0], s.frames[gone:]...)
	s.frames = append(s.frames, s.now())
}

func (s *Screen) now() Keyframe {
	snap := s.model.ScreenSnapshot(frameHistory)
	return Keyframe{Offset: s.offset, Size: snap.Size(), Sizes: s.sizes, snap: snap}
}

// Keyframe returns the one that is nearest before offset, or at it, with all the
// output from there on held; else the oldest, which may be behind offset: where the
// output is far ahead of the model, that is what the model has now. It returns false if
// there is no model any more.
func (s *Screen) Keyframe(offset int64) (Keyframe, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn() != nil && s.offset == offset {
		return s.now(), true
	}
	start, _ := s.log.Offsets()
	var best Keyframe
	found := false
	for _, k := range s.frames {
		if k.Offset >= start && (!found || k.Offset <= offset) {
			best, found = k, true
		}
	}
	if !found && !s.broken {
		return s.now(), true
	}
	return best, found
}
