package exec

import (
	"bytes"
	"context"
	"errors"
)

// text waits until the screen matches, or what is printed meanwhile, though it may
// have left the screen before anybody looked.
func (w *wait) text(ctx context.Context) (*Waited, error) {
	s := w.s
	changed, stop := s.screen.Watch()
	defer stop()
	from := w.since
	if from < 0 {
		snap, at, err := s.shown(ctx)
		if err != nil {
			return nil, err
		}
		if found := w.find(snapText(snap)); found != nil {
			found.Offset = at
			return found, nil
		}
		from = at
	}
	p := s.newPrinted(from)
	defer p.reader.Close()
	for {
		ended := s.ended()
		found, err := p.find(w.find)
		var lost *LostError
		if errors.As(err, &lost) && w.since < 0 {
			// Nobody asked for all that is printed: what is shown now counts.
			p.restart(lost.Until)
			err = nil
		}
		if found == nil && err == nil && w.since < 0 {
			found = w.shows()
		}
		switch {
		case err != nil:
			return nil, err
		case found != nil:
			// Whoever looks next finds what was told until then: the model may be behind.
			s.screen.Await(ctx, found.Offset)
			return found, nil
		case ended && s.log.Finished(p.reader.Position()):
			return nil, w.ended()
		}
		select {
		case <-p.reader.Wake:
		case <-changed:
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// gone waits until the screen does not match.
func (w *wait) gone(ctx context.Context) (*Waited, error) {
	s := w.s
	changed, stop := s.screen.Watch()
	defer stop()
	for {
		ended := s.ended()
		snap, at, err := s.shown(ctx)
		if err != nil {
			return nil, err
		}
		if at >= w.since && !w.re.Match(snapText(snap).text) {
			return &Waited{Offset: at, Row: -1}, nil
		}
		if ended {
			return nil, w.ended()
		}
		select {
		case <-changed:
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// shows looks at the screen.
func (w *wait) shows() *Waited {
	snap, at := w.s.screen.Snapshot()
	if snap == nil {
		return nil
	}
	found := w.find(snapText(snap))
	if found != nil {
		found.Offset = at
	}
	return found
}

// find looks at the text of rows.
func (w *wait) find(text *lineJoiner) *Waited {
	if !bytes.Contains(text.text, w.literal) {
		return nil
	}
	at := w.re.FindIndex(text.text)
	if at == nil {
		return nil
	}
	return &Waited{Row: text.row(at[0]), Match: shortened(string(text.text[at[0]:at[1]]))}
}
