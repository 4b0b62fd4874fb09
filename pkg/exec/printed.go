package exec

import (
	"bytes"
	"errors"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// printed is what was printed from an offset on, as a terminal of its own shows
// it: lines that were there before are not among it, and none that only passed by
// is missing. Lines that follow each other are looked at many at once, since the history
// has those that left the screen; before the program goes back to what is there it is
// looked at first.
type printed struct {
	s      *session
	reader *outlog.Reader
	model  *vt.Terminal
	seen   int // lines of its history that were looked at
	text   lineJoiner
}

func (s *session) newPrinted(from int64) *printed {
	p := &printed{s: s, reader: s.log.NewReader(from, outlog.ReaderOptions{})}
	p.restart(from)
	return p
}

const (
	// printedHistory is more lines than can leave the screen between two looks, and
	// printedKept how many the history keeps behind a look.
	printedHistory = 1 << 20
	printedKept    = 4096
	// printedChunk is how much is read at once.
	printedChunk = 64 << 10
	// mostLooks bounds how often so much output is looked at: a program that does
	// nothing but go back is not to cost more than others.
	mostLooks = 16
	looksOf   = 4096
)

// restart begins anew, at an offset.
func (p *printed) restart(from int64) {
	p.model = vt.New(vt.Size(p.size()), vt.Config{Scrollback: printedHistory})
	p.seen = 0
	p.reader.MoveTo(from, true)
}

func (p *printed) size() Size {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.info.Size
}

// find has match look at what was printed since it last did, until that finds something.
func (p *printed) find(match func(*lineJoiner) *Waited) (*Waited, error) {
	for {
		if p.reader.Stopped() != outlog.Nowhere {
			p.reader.Pass()
			p.model.Resize(vt.Size(p.size()))
			p.seen = min(p.seen, p.model.HistoryLines())
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
		looks, looked := 0, 0
		for end := at + int64(len(data)); len(data) > 0; {
			n := untilBack(data)
			if looks == mostLooks {
				n = max(n, min(looksOf-looked, len(data)))
			}
			p.model.Write(data[:n])
			data = data[n:]
			if found := p.look(match); found != nil {
				found.Offset = end - int64(len(data))
				return found, nil
			}
			looks, looked = looks+1, looked+n
			if looked >= looksOf {
				looks, looked = 0, 0
			}
		}
	}
}

// untilBack returns how much of data there is to print before the program may go back to
// what is there, which is not at once: with control characters or sequences that do more
// than to go on, to colour, to tell a title or to erase the rest of a line.
func untilBack(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch c := data[i]; {
		case c >= 0x20, c == '\n', c == '\t', c == '\a', c == 0:
		case c == '\r':
			begin := i
			for i+1 < len(data) && data[i+1] == '\r' {
				i++
			}
			if i+1 < len(data) && data[i+1] != '\n' {
				return begin
			}
		case c != 0x1b || !goesOn(data[i+1:]):
			return i
		}
	}
	return len(data)
}

// goesOn reports whether what stands behind an escape is a sequence that leaves what is
// there. One that is cut does as well: with its rest something new begins.
func goesOn(seq []byte) bool {
	switch {
	case len(seq) == 0:
		return true
	case seq[0] == ']', seq[0] == '\\', seq[0] == '(': // a title and such, its end, a set of characters
		return true
	case seq[0] != '[':
		return false
	}
	params := seq[1:]
	i := bytes.IndexFunc(params, func(r rune) bool { return r < '0' || r > ';' })
	switch {
	case i < 0:
		return true
	case params[i] == 'K':
		return i == 0 || string(params[:i]) == "0"
	}
	return params[i] == 'm'
}

// look matches the lines that came to the history and the screen as one text. Of the
// history, the line that was still unfinished is looked at again.
func (p *printed) look(match func(*lineJoiner) *Waited) *Waited {
	lines := p.model.HistoryLines()
	above := lines - p.seen
	row, col, _ := p.model.Cursor()
	p.text = lineJoiner{text: p.text.text[:0], rows: p.text.rows[:0]}
	p.text.rowsOf(p.model, p.seen, row, col)
	p.seen = lines
	if lines > printedKept {
		p.model.ClearHistory()
		p.seen = 0
	}
	found := match(&p.text)
	if found != nil {
		found.Row = max(-1, found.Row-above)
	}
	return found
}
