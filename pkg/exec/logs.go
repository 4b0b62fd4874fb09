package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
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
	// Follow goes on with what is printed until the session ends. Without it the
	// reader ends with what there is.
	Follow bool
	// Whole has the program wait for the reader, for up to wholeWait each time that
	// it fills the log, rather than that the reader loses any of it.
	Whole bool
}

// wholeWait bounds what a reader that has stopped costs a program.
const wholeWait = 10 * time.Second

// Logs is a reader of a session's output. It is used by one goroutine, and ends
// with its context or with Close.
type Logs struct {
	begin int64
	next  func() (data []byte, offset int64, target StreamTarget, err error)
	close func()

	rest []byte // of what next returned, for Read
}

// LostError says that output which was asked for is not held any more.
type LostError struct {
	From, Until int64 // the offsets of the first lost byte, and of the one behind the last
}

// Error names the offsets.
func (e *LostError) Error() string {
	return fmt.Sprintf("the output from offset %d to %d is lost: it left the buffer before it was read", e.From, e.Until)
}

// Begin is the offset of the first byte.
func (l *Logs) Begin() int64 { return l.begin }

// Next returns the next output, at its offset, of one of the program's outputs. It
// waits while there is none, and returns io.EOF at the end, a LostError where the
// output left the buffer before it was read, or the context's error.
func (l *Logs) Next() (data []byte, offset int64, target StreamTarget, err error) { return l.next() }

// Read implements io.Reader: the output without its offsets and targets.
func (l *Logs) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		data, _, _, err := l.next()
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
	start, end := s.log.Offsets()
	from := start
	switch {
	case o.From == nil:
	case *o.From < 0:
		from = max(start, end+*o.From)
	default:
		from = *o.From
	}
	if from > end {
		return nil, NewTerminalError(s.id, fmt.Errorf("offset %d is past the end of the output, %d", from, end))
	}
	ctx, cancel := context.WithCancel(ctx)
	reading := outlog.ReaderOptions{}
	if o.Whole {
		reading.Patience = wholeWait
	}
	r := s.log.NewReader(from, reading)
	context.AfterFunc(ctx, r.Close) // output waits for it no longer
	until := int64(outlog.Nowhere)
	if !o.Follow {
		until = end
	}
	return &Logs{
		begin: from,
		next:  func() ([]byte, int64, StreamTarget, error) { return nextLog(ctx, m.streamsLife, s.log, r, until) },
		close: cancel,
	}, nil
}

// nextLog reads on, up to the offset until. The reader takes part in no change of
// size: it passes every one.
func nextLog(ctx, life context.Context, log *outlog.Log, r *outlog.Reader, until int64) ([]byte, int64, StreamTarget, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, 0, 0, err
		}
		if r.Stopped() != outlog.Nowhere {
			r.Pass()
		}
		at := r.Position()
		data, at, source, ended, err := r.Next(int(min(maxChunk, until-at)))
		switch {
		case errors.Is(err, outlog.ErrEvicted):
			start, _ := log.Offsets()
			return nil, 0, 0, &LostError{From: at, Until: start}
		case err != nil:
			return nil, 0, 0, err
		case len(data) > 0:
			return data, at, StreamTarget(source), nil
		case ended, at >= until:
			return nil, 0, 0, io.EOF
		}
		select {
		case <-r.Wake:
		case <-ctx.Done():
		case <-life.Done():
			return nil, 0, 0, errManagerClosed()
		}
	}
}
