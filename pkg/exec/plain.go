package exec

import (
	"bytes"
	"io"
	"unicode/utf8"
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

	state  plainState
	params []byte // of the control sequence, at most maxPlainParams
	rest   []byte // of a character that is not whole
	away   bool   // on the alternate screen
	left   []rune // while away: the line that was left
}

type plainState int

const (
	plainGround plainState = iota
	plainEscape
	plainInter  // an escape sequence with an intermediate byte
	plainCSI    // a control sequence
	plainString // OSC, DCS, APC, PM, SOS: up to ST
	plainStringEscape
)

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
		c := data[0]
		if p.state != plainGround || c < 0x80 {
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

func (p *plainText) byte(c byte) {
	switch p.state {
	case plainGround:
		p.ground(c)
	case plainEscape:
		p.escape(c)
	case plainInter:
		if c >= 0x30 {
			p.state = plainGround
		}
	case plainCSI:
		p.control(c)
	case plainString:
		switch c {
		case 0x07, 0x18, 0x1a:
			p.state = plainGround
		case 0x1b:
			p.state = plainStringEscape
		}
	case plainStringEscape:
		p.state = plainGround
		if c != '\\' {
			p.escape(c)
		}
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
	case 0x1b:
		p.state = plainEscape
	default:
		if c >= 0x20 && c != 0x7f {
			p.put(rune(c))
		}
	}
}

func (p *plainText) escape(c byte) {
	p.state = plainGround
	switch {
	case c == '[':
		p.state, p.params = plainCSI, p.params[:0]
	case c == ']', c == 'P', c == '_', c == '^', c == 'X':
		p.state = plainString
	case c >= 0x20 && c < 0x30:
		p.state = plainInter
	case c == 0x1b:
		p.state = plainEscape
	}
}

// control takes the rest of a control sequence, and does those that change a line.
func (p *plainText) control(c byte) {
	switch {
	case c == 0x1b:
		p.state = plainEscape
		return
	case c < 0x40 || c > 0x7e:
		if len(p.params) < maxPlainParams {
			p.params = append(p.params, c)
		}
		return
	}
	p.state = plainGround
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
		p.out.WriteString(string(p.line))
		p.out.WriteByte('\n')
	}
	p.line, p.col = p.line[:0], 0
}
