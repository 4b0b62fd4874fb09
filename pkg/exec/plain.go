package exec

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/ctlseq"
)

// PlainText makes plain text of a program's output and writes it, line by line, to
// w: without colours and other control sequences, and with what a line was
// overwritten with in place of what stood there. What a program draws on the
// alternate screen is left out. Close writes a last line that has no end.
//
// It is for what programs print one line behind the other; Capture shows what
// programs draw.
func PlainText(w io.Writer) io.WriteCloser { return &plainText{w: w} }

type plainText struct {
	w    io.Writer
	out  bytes.Buffer
	line []rune // at most maxPlainLine
	col  int

	seq    ctlseq.Scanner
	params []byte // of the control sequence, at most maxPlainParams
	rest   []byte // of a character that is not whole
	away   bool   // on the alternate screen
	left   []rune // while away: the line that was left
}

// Bounds of what is kept of one line and one sequence.
const (
	maxPlainLine   = 64 << 10
	maxPlainParams = 64
)

// Write implements io.Writer.
func (p *plainText) Write(data []byte) (int, error) {
	n := len(data)
	if len(p.rest) > 0 {
		data = append(p.rest, data...)
		p.rest = nil
	}
	for len(data) > 0 {
		if p.seq.InText() && !p.away && p.col == len(p.line) {
			if k := p.run(data); k > 0 {
				data = data[k:]
				continue
			}
		}
		c := data[0]
		if !p.seq.InText() || c < 0x80 {
			p.byte(c)
			data = data[1:]
			continue
		}
		if !utf8.FullRune(data) {
			p.rest = append([]byte(nil), data...)
			break
		}
		r, size := utf8.DecodeRune(data)
		p.put(r)
		data = data[size:]
	}
	return n, p.flush()
}

// Close writes the line that has no end yet. It does not close the writer below.
func (p *plainText) Close() error {
	if len(p.line) > 0 && !p.away {
		p.endLine()
	}
	return p.flush()
}

func (p *plainText) flush() error {
	if p.out.Len() == 0 {
		return nil
	}
	_, err := p.w.Write(p.out.Bytes())
	p.out.Reset()
	return err
}

// run appends the printable ASCII at the beginning of data, as most output is, to
// the line, and returns how much that was.
func (p *plainText) run(data []byte) int {
	n := 0
	for n < len(data) && data[n] >= 0x20 && data[n] < 0x7f && p.col+n < maxPlainLine {
		p.line = append(p.line, rune(data[n]))
		n++
	}
	p.col += n
	return n
}

func (p *plainText) byte(c byte) {
	switch p.seq.Next(c) {
	case ctlseq.Text:
		p.ground(c)
	case ctlseq.Begin:
		p.params = p.params[:0]
	case ctlseq.Param:
		if len(p.params) < maxPlainParams {
			p.params = append(p.params, c)
		}
	case ctlseq.Final:
		p.control(c)
	}
}

func (p *plainText) ground(c byte) {
	switch c {
	case '\n':
		p.endLine()
	case '\r':
		p.col = 0
	case '\b':
		p.col = max(0, p.col-1)
	case '\t':
		p.put('\t')
	default:
		if c >= 0x20 && c != 0x7f {
			p.put(rune(c))
		}
	}
}

// control does those control sequences that change a line, of which c is the last
// byte.
func (p *plainText) control(c byte) {
	n := 0
	for _, d := range p.params {
		if d >= '0' && d <= '9' {
			n = min(10*n+int(d-'0'), maxPlainLine)
		}
	}
	switch {
	case c == 'K' && n == 0:
		p.line = p.line[:min(p.col, len(p.line))]
	case c == 'K' && n == 2:
		p.line = p.line[:0]
	case c == 'C':
		p.col = min(p.col+max(1, n), maxPlainLine)
	case c == 'D':
		p.col = max(0, p.col-max(1, n))
	case c == 'G':
		p.col = max(1, n) - 1
	case c == 'P' && p.col < len(p.line):
		p.line = append(p.line[:p.col], p.line[min(len(p.line), p.col+max(1, n)):]...)
	case (c == 'h' || c == 'l') && (n == 1049 || n == 1047 || n == 47) && bytes.HasPrefix(p.params, []byte{'?'}):
		p.switchScreen(c == 'h')
	}
}

// switchScreen leaves the line for the alternate screen, or comes back to it.
func (p *plainText) switchScreen(away bool) {
	if p.away == away {
		return
	}
	p.away = away
	p.line, p.left = p.left, p.line
	p.line = p.line[:len(p.line):len(p.line)]
	p.col = len(p.line)
}

func (p *plainText) put(r rune) {
	if p.away || p.col >= maxPlainLine {
		return
	}
	for len(p.line) < p.col {
		p.line = append(p.line, ' ')
	}
	if p.col < len(p.line) {
		p.line[p.col] = r
	} else {
		p.line = append(p.line, r)
	}
	p.col++
}

func (p *plainText) endLine() {
	if !p.away {
		for _, r := range p.line {
			p.out.WriteRune(r)
		}
		p.out.WriteByte('\n')
	}
	p.line, p.col = p.line[:0], 0
}
