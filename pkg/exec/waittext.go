package exec

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
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
		found, err := p.find(w)
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
		case found != nil || err != nil:
			return found, err
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
		if at >= w.since && !w.re.MatchString(snapText(snap).String()) {
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
	at := w.re.FindStringIndex(text.String())
	if at == nil {
		return nil
	}
	return &Waited{Row: text.row(at[0]), Match: shortened(text.String()[at[0]:at[1]])}
}

// printed is what was printed from an offset on, as a terminal of its own shows
// it: lines that were there before are not among it, and none that only passed by
// is missing.
type printed struct {
	s      *session
	reader *outlog.Reader
	model  *vt.Terminal
	seen   int // lines of its history that were looked at
	last   string
}

func (s *session) newPrinted(from int64) *printed {
	p := &printed{s: s, reader: s.log.NewReader(from, outlog.ReaderOptions{})}
	p.restart(from)
	return p
}

// printedHistory is how many lines can leave the screen between two looks.
const printedHistory = 4096

// restart begins anew, at an offset.
func (p *printed) restart(from int64) {
	p.s.mu.Lock()
	size := p.s.info.Size
	p.s.mu.Unlock()
	p.model = vt.New(vt.Size(size), vt.Config{Scrollback: printedHistory})
	p.seen, p.last = 0, ""
	p.reader.MoveTo(from, true)
}

// printedChunk is how much is printed between two looks: no more lines than the
// history holds.
const printedChunk = printedHistory

// find looks at what was printed since it last did.
func (p *printed) find(w *wait) (*Waited, error) {
	for {
		if p.reader.Stopped() != outlog.Nowhere {
			p.reader.Pass()
			p.s.mu.Lock()
			size := p.s.info.Size
			p.s.mu.Unlock()
			p.model.Resize(vt.Size(size))
			p.seen = min(p.seen, p.model.Snapshot().HistoryLines())
		}
		data, at, _, _, err := p.reader.Next(printedChunk)
		switch {
		case errors.Is(err, outlog.ErrEvicted):
			start, _ := p.s.log.Offsets()
			return nil, &LostError{From: at, Until: start}
		case err != nil:
			return nil, err
		case len(data) == 0:
			return nil, nil
		}
		looks := 0
		for end := at + int64(len(data)); len(data) > 0; looks++ {
			n := len(data)
			if looks < mostLooks {
				n = untilErased(data)
			}
			p.model.Write(data[:n])
			data = data[n:]
			if found := p.look(w); found != nil {
				found.Offset = end - int64(len(data))
				return found, nil
			}
		}
	}
}

// mostLooks bounds how often a chunk of output is looked at: a program that does
// nothing but erase is not to cost more than others.
const mostLooks = 16

// erases finds the sequences that take much from the screen: what was there
// before is looked at first.
var erases = regexp.MustCompile(`\x1b(?:\[[0-9;]*J|\[\?[0-9;]*[hl]|c)`)

// untilErased returns how much of data there is to print before something is
// erased, which is not at once.
func untilErased(data []byte) int {
	if at := erases.FindIndex(data[1:]); at != nil {
		return 1 + at[0]
	}
	return len(data)
}

// look matches the lines that came to the history and the screen as one text. Of the
// history, the line that was still unfinished is looked at again.
func (p *printed) look(w *wait) *Waited {
	snap := p.model.Snapshot()
	lines := snap.HistoryLines()
	var text lineJoiner
	for _, l := range snap.History(p.seen, lines-p.seen) {
		text.add(l, 0)
	}
	above := len(text.rows)
	p.seen = lines
	if lines > printedHistory/2 {
		p.model.ClearHistory()
		p.seen = 0
	}
	text.screen(snap)
	found := w.find(&text)
	if found != nil {
		found.Row = max(-1, found.Row-above)
	}
	return found
}

// snapText is the text of a screen. Lines that were wrapped are one, and the
// cursor's is as long as where it stands: a prompt ends with a blank.
func snapText(snap *vt.Snapshot) *lineJoiner {
	var text lineJoiner
	text.screen(snap)
	return &text
}

// lineJoiner makes text of rows.
type lineJoiner struct {
	strings.Builder
	rows []int // where each begins
}

// add adds a row that is at least as long as least.
func (j *lineJoiner) add(l vt.Line, least int) {
	if len(j.rows) > 0 && !l.Continues {
		j.WriteByte('\n')
	}
	j.rows = append(j.rows, j.Len())
	text := l.Text()
	j.WriteString(text)
	for _, r := range text {
		least -= vt.RuneWidth(r)
	}
	for ; least > 0; least-- {
		j.WriteByte(' ')
	}
}

// screen adds the rows of a screen.
func (j *lineJoiner) screen(snap *vt.Snapshot) {
	row, col, _ := snap.Cursor()
	for i := range snap.Size().Rows {
		least := 0
		if i == row {
			least = col
		}
		j.add(snap.Row(i), least)
	}
}

// row is the number of the row that the byte at i belongs to.
func (j *lineJoiner) row(i int) int {
	n, found := slices.BinarySearch(j.rows, i)
	if !found {
		n--
	}
	return n
}
