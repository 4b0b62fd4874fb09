package mask

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// The lines around a private key, and how many there are at most between them: a
// line that only looks like the first is not to hide all that comes.
var (
	keyBegins = keyLine("BEGIN")
	keyEnds   = keyLine("END")
)

// keyLine is a pattern that is compiled when it is first asked for: commands that hide
// nothing do not wait for it.
func keyLine(word string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`-----` + word + ` [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----`)
	})
}

const maxKeyLines = 200

// Lines hides in lines that come one behind the other.
type Lines struct {
	m    *Mask
	left int // lines of a private key that may come still
}

// Lines returns what hides in lines from a first one on. It is for one goroutine.
func (m *Mask) Lines() *Lines { return &Lines{m: m} }

// Hide is Mask.Hide for the next line.
func (l *Lines) Hide(line string) string {
	if l.m == nil {
		return line
	}
	if l.left > 0 {
		l.left--
		if end := keyEnds().FindStringIndex(line); end != nil {
			l.left = 0
			return stars(line[:end[0]]) + line[end[0]:]
		}
		return stars(line)
	}
	if begin := keyBegins().FindStringIndex(line); begin != nil {
		if !keyEnds().MatchString(line[begin[1]:]) {
			l.left = maxKeyLines
		}
		return l.m.Hide(line[:begin[1]]) + stars(line[begin[1]:])
	}
	return l.m.Hide(line)
}

// HideParts is Mask.HideParts for the next line.
func (l *Lines) HideParts(parts []string) []string { return hideParts(parts, l.Hide) }

const (
	// maxLine is how much of a line is held until its end comes. A longer one is
	// hidden in pieces.
	maxLine = 64 << 10

	// overlap is how much of a piece is looked at once more with the next, so that
	// a secret which lies across their border is found.
	overlap = 4 << 10
)

// Writer returns what hides in the lines that are written to it, however they are
// cut, and writes them to w when they are whole. Close writes a last line that has
// no end; it does not close w.
func (m *Mask) Writer(w io.Writer) io.WriteCloser {
	if m == nil {
		return through{w}
	}
	return &writer{lines: m.Lines(), w: w}
}

type through struct{ io.Writer }

// Close implements io.Closer.
func (through) Close() error { return nil }

type writer struct {
	lines *Lines
	w     io.Writer
	held  []byte // of a line without its end; at most maxLine
	out   bytes.Buffer
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i >= 0 && len(w.held)+i <= maxLine {
			line := string(w.held) + string(p[:i])
			w.held = w.held[:0]
			w.line(line)
			w.out.WriteByte('\n')
			p = p[i+1:]
			continue
		}
		if i < 0 {
			i = len(p)
		}
		take := min(i, maxLine-len(w.held))
		w.held = append(w.held, p[:take]...)
		p = p[take:]
		if len(w.held) == maxLine {
			w.piece()
		}
	}
	return n, w.flush()
}

// line hides in a line. What a terminal takes for a line's end stays as it is.
func (w *writer) line(line string) {
	text, end := strings.TrimSuffix(line, "\r"), ""
	if len(text) < len(line) {
		end = "\r"
	}
	w.out.WriteString(w.lines.Hide(text) + end)
}

// piece hides in what is held and writes it but for its end, where a secret may have
// begun that goes on in what is to come. One that fills half of what is held is taken
// to be over.
func (w *writer) piece() {
	whole := string(w.held)
	if w.lines.left > 0 {
		w.out.WriteString(stars(whole))
		w.held = w.held[:0]
		return
	}
	cut := len(whole) - overlap
	for !utf8.RuneStart(whole[cut]) && cut > len(whole)-overlap-utf8.UTFMax {
		cut--
	}
	found := w.lines.m.find(whole)
	for i, s := range found {
		if s.to <= cut {
			continue
		}
		if s.from < cut && s.from > maxLine/2 {
			cut = s.from
		}
		w.out.WriteString(starred(whole[:cut], append(found[:i:i], span{min(s.from, cut), cut})))
		w.held = append(w.held[:0], whole[cut:]...)
		return
	}
	w.out.WriteString(starred(whole[:cut], found))
	w.held = append(w.held[:0], whole[cut:]...)
}

// Close implements io.Closer.
func (w *writer) Close() error {
	if len(w.held) > 0 {
		line := string(w.held)
		w.held = w.held[:0]
		w.line(line)
	}
	return w.flush()
}

func (w *writer) flush() error {
	if w.out.Len() == 0 {
		return nil
	}
	_, err := w.w.Write(w.out.Bytes())
	w.out.Reset()
	return err
}
