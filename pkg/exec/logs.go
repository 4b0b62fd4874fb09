package exec

import (
	"context"
	"fmt"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// LogReader reads what sessions printed. Manager and PluginClient are LogReaders.
type LogReader interface {
	// Logs returns a reader of the session's output as it was printed, which ends
	// with ctx at the latest; also of an ended session. It returns
	// ErrSessionNotFound.
	Logs(ctx context.Context, sessionID string, o LogsOptions) (*Logs, error)
}

// LogsOptions says what is read of a session's output.
type LogsOptions struct {
	// From is the offset of the first byte; nil means the oldest that is held, a
	// negative one that many bytes from the end.
	From *int64
	// FromTime, if it is not zero and From is nil, begins with what was printed since
	// then. FromEnd begins with what is printed from now on.
	FromTime time.Time
	FromEnd  bool
	// Follow goes on with what is printed until the session ends. Without it the
	// reader ends with what there is.
	Follow bool
	// Until, if it is not nil, is the offset behind the last byte that is read;
	// UntilTime, if it is not zero, ends with what was printed by then. Neither goes
	// with Follow.
	Until     *int64
	UntilTime time.Time
	// Whole has the program wait for the reader, for up to wholeWait each time that
	// it fills the log, rather than that the reader loses any of it.
	Whole bool
	// Times has each piece be of one moment.
	Times bool
	// Drawn begins with a piece that has the screen and its size, and tells each change
	// of size where it was made, so that who gives all that to a terminal sees
	// what the session showed. Without From and its like it begins at the oldest
	// offset for which the screen is known. It is ErrTerminalError for an offset where
	// it is not known any more, and for a session without a terminal.
	Drawn bool
}

// wholeWait bounds what a reader that has stopped costs a program.
const wholeWait = 10 * time.Second

// Logs is a reader of a session's output. It is used by one goroutine, and ends
// with its context or with Close.
type Logs struct {
	begin int64
	next  func(buf []byte) (LogPiece, error) // may put the data into buf
	close func()

	rest []byte // of what next returned, for Read
}

// Begin is the offset of the first byte.
func (l *Logs) Begin() int64 { return l.begin }

// Next returns the next output, at its offset, of one of the program's outputs. It
// waits while there is none, and returns io.EOF at the end, a LostError where the
// output left the buffer before it was read, or the context's error.
func (l *Logs) Next() (data []byte, offset int64, target StreamTarget, err error) {
	for {
		p, err := l.next(nil)
		if err != nil || len(p.Data) > 0 {
			return p.Data, p.Offset, p.Target, err
		}
	}
}

// NextPiece is Next for all that was asked for: times, sizes and the screen.
func (l *Logs) NextPiece() (LogPiece, error) { return l.next(nil) }

// Read implements io.Reader: the output without its offsets and targets.
func (l *Logs) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		data, _, _, err := l.Next()
		if err != nil {
			return 0, err
		}
		l.rest = data
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// Close releases the reader.
func (l *Logs) Close() error {
	l.close()
	return nil
}

// Logs implements LogReader.
func (m *Manager) Logs(ctx context.Context, sessionID string, o LogsOptions) (*Logs, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	from, until, err := s.logRange(o)
	if err != nil {
		return nil, NewTerminalError(s.id, err)
	}
	p := &logPieces{log: s.log, life: m.streamsLife, until: until, times: o.Times || o.Drawn, sizes: o.Drawn}
	if o.Drawn {
		shown, err := s.drawnFor(ctx, o, from)
		if err != nil {
			return nil, err
		}
		from = shown.offset
		if o.FromEnd && !o.Follow {
			p.until = from // the screen is all
		}
		p.sized = shown.sizes
		p.first = &LogPiece{
			Offset: from, Time: s.timeAt(from), Size: new(Size(shown.snap.Size())),
			Screen: shown.snap.AppendReplay(nil, vt.ReplayOptions{History: -1}),
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	reading := outlog.ReaderOptions{}
	if o.Whole {
		reading.Patience = wholeWait
	}
	p.newReader(from, reading)
	context.AfterFunc(ctx, p.reader.Close) // output waits for it no longer
	next := func(buf []byte) (LogPiece, error) { return p.next(ctx, buf) }
	return &Logs{begin: from, next: next, close: cancel}, nil
}

// drawnFor returns the screen that a reader begins with: what is shown now, which the
// model has, or what was shown at an offset.
func (s *session) drawnFor(ctx context.Context, o LogsOptions, from int64) (shownAt, error) {
	if !o.FromEnd {
		return s.shownAt(ctx, from, o.From == nil && o.FromTime.IsZero())
	}
	snap, at, err := s.shown(ctx)
	if err != nil {
		return shownAt{}, NewTerminalError(s.id, err)
	}
	now := shownAt{snap: snap, offset: at}
	for _, c := range s.log.SizeChanges(0) {
		if c.Offset <= at {
			now.sizes = c.Number
		}
	}
	return now, nil
}

// logRange returns the offsets that are asked for, until being outlog.Nowhere for a
// reader that follows.
func (s *session) logRange(o LogsOptions) (from, until int64, err error) {
	start, end := s.log.Offsets()
	from = start
	switch {
	case o.From != nil && *o.From < 0:
		from = max(start, end+*o.From)
	case o.From != nil:
		from = *o.From
	case !o.FromTime.IsZero():
		from, _ = s.log.OffsetAt(o.FromTime)
	case o.FromEnd:
		from = end
	}
	if from > end {
		return 0, 0, fmt.Errorf("offset %d is past the end of the output, %d", from, end)
	}
	until = end
	switch {
	case o.Until != nil:
		until = max(from, min(end, *o.Until))
	case !o.UntilTime.IsZero():
		at, _ := s.log.OffsetAt(o.UntilTime)
		until = max(from, at)
	case o.Follow:
		until = outlog.Nowhere
	}
	return from, until, nil
}
