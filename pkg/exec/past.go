package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
)

// shownAt is what a session showed before the output from an offset on.
type shownAt struct {
	snap   *vt.Snapshot
	offset int64
	sizes  int64 // number of the last size change made before it
}

// shownAt makes what was shown at an offset from the nearest keyframe before it and
// the output from there on. With oldest it is the first offset at which that can be
// done.
func (s *session) shownAt(ctx context.Context, offset int64, oldest bool) (at shownAt, err error) {
	if s.screen == nil {
		return at, NewTerminalError(s.id, errNoScreen)
	}
	_, end := s.log.Offsets()
	if offset > end || offset < 0 {
		return at, NewTerminalError(s.id, fmt.Errorf("offset %d is not one of the output, which ends at %d", offset, end))
	}
	k, ok := s.screen.Keyframe(offset)
	switch {
	case !ok:
		return at, NewTerminalError(s.id, errScreenFailed)
	case k.Offset > offset && oldest:
		offset = k.Offset
	case k.Offset > offset:
		return at, NewTerminalError(s.id, s.notHeld(k.Offset))
	}
	err = guard("the screen of the past", func() (err error) {
		at, err = s.replayTo(ctx, k, offset)
		return err
	})
	var lost *LostError
	if errors.As(err, &lost) { // while it was read
		if k, ok = s.screen.Keyframe(lost.Until); ok {
			err = s.notHeld(k.Offset)
		}
	}
	if err != nil {
		return at, NewTerminalError(s.id, err)
	}
	return at, nil
}

// notHeld is the error for a moment before the oldest that can be shown.
func (s *session) notHeld(oldest int64) error {
	since := ""
	if t := s.timeAt(oldest); !t.IsZero() {
		since = ", of " + t.Format(time.RFC3339)
	}
	return fmt.Errorf("what the session showed then is not held any more; the oldest that is held is at offset %d%s", oldest, since)
}

// replayTo gives a model the output from a keyframe up to an offset.
func (s *session) replayTo(ctx context.Context, k screen.Keyframe, offset int64) (shownAt, error) {
	model := vt.New(k.Size, vt.Config{Scrollback: s.limits.history})
	model.Write(k.Replay())
	p := &logPieces{log: s.log, life: s.m.streamsLife, until: offset, sizes: true, sized: k.Sizes}
	p.newReader(k.Offset, outlog.ReaderOptions{})
	defer p.reader.Close()
	buf := make([]byte, maxPiece)
	for p.reader.Position() < offset {
		piece, err := p.next(ctx, buf)
		if err != nil {
			return shownAt{}, err
		}
		if piece.Size != nil {
			model.Resize(vt.Size(*piece.Size))
		}
		model.Write(piece.Data)
	}
	for c, _ := p.sizeChange(offset); c != nil; c, _ = p.sizeChange(offset) {
		model.Resize(vt.Size(c.Size))
	}
	return shownAt{model.Snapshot(), offset, p.sized}, nil
}
