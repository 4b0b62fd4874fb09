// Package ctlseq tells what of a program's output is text and what belongs to its
// control sequences, for those who want the text and have no need of a terminal. A
// terminal is internal/vt.
package ctlseq

// Kind is what a byte is.
type Kind int

const (
	// Text is a byte outside control sequences; a control character such as a
	// newline as well.
	Text Kind = iota
	// Begin begins a control sequence proper, behind which come Params and a Final.
	Begin
	Param
	Final
	// Other belongs to an escape sequence or to a string such as a window's title.
	Other
)

// Scanner takes output byte by byte, wherever it was cut. The zero Scanner is
// in text.
type Scanner struct{ state state }

type state int

const (
	inText state = iota
	inEscape
	inIntermediate // an escape sequence with an intermediate byte
	inControl
	inString // OSC, DCS, APC, PM, SOS: up to ST
	inStringEscape
)

// InText reports whether the next byte is text if it is not an escape.
func (s *Scanner) InText() bool { return s.state == inText }

// Next says what the next byte is.
func (s *Scanner) Next(c byte) Kind {
	switch s.state {
	case inEscape:
		return s.escape(c)
	case inIntermediate:
		if c >= 0x30 {
			s.state = inText
		}
	case inControl:
		switch {
		case c == 0x1b:
			s.state = inEscape
		case c >= 0x40 && c <= 0x7e:
			s.state = inText
			return Final
		default:
			return Param
		}
	case inString:
		switch c {
		case 0x07, 0x18, 0x1a:
			s.state = inText
		case 0x1b:
			s.state = inStringEscape
		}
	case inStringEscape:
		if c != '\\' {
			return s.escape(c)
		}
		s.state = inText
	default:
		if c != 0x1b {
			return Text
		}
		s.state = inEscape
	}
	return Other
}

// escape takes what stands behind an escape.
func (s *Scanner) escape(c byte) Kind {
	s.state = inText
	switch {
	case c == '[':
		s.state = inControl
		return Begin
	case c == ']', c == 'P', c == '_', c == '^', c == 'X':
		s.state = inString
	case c >= 0x20 && c < 0x30:
		s.state = inIntermediate
	case c == 0x1b:
		s.state = inEscape
	}
	return Other
}
