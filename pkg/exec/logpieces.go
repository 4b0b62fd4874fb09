package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
)

// LogPiece is a piece of what a session printed.
type LogPiece struct {
	Data   []byte
	Offset int64 // of its first byte
	Target StreamTarget
	// Time is when it was printed, within a tenth of a second or so; zero if that is
	// not known, or was not asked for.
	Time time.Time
	// Size, if it is not nil, is what the output from here on is made for; such a
	// piece has no Data.
	Size *Size
	// Screen is, in the first piece of a reader that was asked for it, what draws on a
	// terminal of Size what was shown here.
	Screen []byte
}

// LostError says that output which was asked for is not held any more.
type LostError struct {
	From, Until int64 // the offsets of the first lost byte, and of the one behind the last
}

// Error names the offsets.
func (e *LostError) Error() string {
	return fmt.Sprintf("the output from offset %d to %d is lost: it left the buffer before it was read", e.From, e.Until)
}

// logPieces reads a log on, up to the offset until.
type logPieces struct {
	log          *outlog.Log
	reader       *outlog.Reader
	life         context.Context // the manager's
	until        int64
	times, sizes bool
	sized        int64     // number of the size change that was told last
	first        *LogPiece // what comes before all else
	rest         LogPiece  // of what was read: it is of a later moment

	flows     bool        // the last piece was one of many
	gathering atomic.Bool // who appends need not wake the reader for a few bytes
	enough    int64       // bytes that are worth a piece
}

const (
	// maxPiece bounds a piece: what a socket takes without waiting, and what the local
	// stream's readers have room for. Of a flood each piece wakes two processes.
	maxPiece = 120 << 10

	// manyBytes is the size from which on a piece is taken for one of a flood.
	manyBytes = 2 << 10

	// gatherFor is how long a piece of a flood waits for more at most. It is less than
	// a person sees, and than the log knows of times.
	gatherFor = 5 * time.Millisecond
)

// newReader begins to read at an offset.
func (l *logPieces) newReader(from int64, o outlog.ReaderOptions) {
	l.enough = min(maxPiece, int64(l.log.Capacity()/4))
	o.Eager = func() bool { return l.gathering.Load() && l.reader.Lag() < l.enough }
	l.reader = l.log.NewReader(from, o)
}

// gather waits, behind a piece of a flood, until there is enough for the next: a flood
// that is read as it comes wakes the reader, and whoever it reads for, for each few
// kilobytes that the program writes.
func (l *logPieces) gather(ctx context.Context) {
	if !l.flows || l.until != outlog.Nowhere {
		return
	}
	l.flows = false
	l.gathering.Store(true)
	defer l.gathering.Store(false)
	over := time.NewTimer(gatherFor)
	defer over.Stop()
	for {
		if _, end := l.log.Offsets(); l.reader.Lag() >= l.enough || l.log.Finished(end) {
			return
		}
		select {
		case <-l.reader.Wake:
		case <-over.C:
			return
		case <-ctx.Done():
			return
		case <-l.life.Done():
			return
		}
	}
}

// next returns the next piece. Its data is in buf, which may be nil, and has to be
// used before the next call then.
func (l *logPieces) next(ctx context.Context, buf []byte) (LogPiece, error) {
	if p := l.first; p != nil {
		l.first = nil
		return *p, nil
	}
	if len(l.rest.Data) > 0 {
		return l.ofOneMoment(l.rest), nil
	}
	l.gather(ctx)
	for {
		if err := ctx.Err(); err != nil {
			return LogPiece{}, err
		}
		at := l.reader.Position()
		limit := min(maxPiece, l.until-at)
		if l.sizes {
			c, next := l.sizeChange(at)
			if c != nil {
				return LogPiece{Offset: at, Size: new(Size(c.Size)), Time: momentTime(l.log.ChangedAt(c.Offset))}, nil
			}
			limit = min(limit, next-at)
		}
		// A change that is made from here on stops the reader, and is told before it passes.
		if stop := l.reader.Stopped(); stop == at || stop != outlog.Nowhere && !l.sizes {
			l.reader.Pass()
			continue
		}
		data, at, source, ended, err := l.read(buf, int(limit))
		switch {
		case errors.Is(err, outlog.ErrEvicted):
			start, _ := l.log.Offsets()
			return LogPiece{}, &LostError{From: at, Until: start}
		case err != nil:
			return LogPiece{}, err
		case len(data) > 0:
			l.flows = len(data) >= manyBytes
			return l.ofOneMoment(LogPiece{Data: data, Offset: at, Target: StreamTarget(source)}), nil
		case ended, at >= l.until:
			return LogPiece{}, io.EOF
		}
		select {
		case <-l.reader.Wake:
		case <-ctx.Done():
		case <-l.life.Done():
			return LogPiece{}, errManagerClosed()
		}
	}
}

// read takes what comes next, into buf if there is one.
func (l *logPieces) read(buf []byte, limit int) (data []byte, at int64, source outlog.Source, ended bool, err error) {
	if buf == nil {
		return l.reader.Next(limit)
	}
	return l.reader.NextIn(buf[:max(0, min(limit, len(buf)))]) // what is asked for may end before it begins
}

// sizeChange returns the change that is to be told at an offset, or where the next
// is that is known of.
func (l *logPieces) sizeChange(at int64) (c *outlog.SizeChange, next int64) {
	changes := l.log.SizeChanges(l.sized)
	switch {
	case len(changes) == 0:
		return nil, outlog.Nowhere
	case changes[0].Offset > at:
		return nil, changes[0].Offset
	}
	l.sized = changes[0].Number
	return &changes[0], at
}

// ofOneMoment dates a piece, and leaves for the next what is of a later moment. The
// moment is looked up behind the read: before it there may have been none.
func (l *logPieces) ofOneMoment(p LogPiece) LogPiece {
	l.rest = LogPiece{}
	if !l.times {
		return p
	}
	m, until := l.log.MomentAt(p.Offset)
	p.Time = momentTime(m)
	if n := until - p.Offset; n < int64(len(p.Data)) {
		l.rest = LogPiece{Data: p.Data[n:], Offset: until, Target: p.Target}
		p.Data = p.Data[:n]
	}
	return p
}

// timeAt is when the output at an offset was printed; zero if that is not known.
func (s *session) timeAt(offset int64) time.Time { return momentTime(s.log.ChangedAt(offset)) }

func momentTime(m outlog.Moment) time.Time {
	if m == (outlog.Moment{}) {
		return time.Time{}
	}
	return m.Time()
}
