package vt

// The parser follows the state machine of the DEC VT500 series as Paul Williams
// described it (https://vt100.net/emu/dec_ansi_parser), with what xterm adds:
// UTF-8, colons between sub-parameters, APC, PM and SOS, and BEL at the end of an
// OSC. It is pulled, not driven: next consumes some bytes and says what
// they mean, so that the layer above needs no interface to be called through.

// action is what the bytes that next consumed mean.
type action uint8

const (
	actNone    action = iota // nothing yet, or nothing at all
	actPrint                 // the consumed bytes are printable ASCII
	actRune                  // parser.r is to be printed
	actText                  // parser.text is to be printed, one after the other
	actExecute               // parser.final is a C0 control
	actESC                   // parser.inter and parser.final are an escape sequence
	actCSI                   // parser.prefix, params, inter and final are a control sequence
	actHook                  // a device control string that is not collected begins
	actData                  // the consumed bytes belong to that string
	actString                // a string ended: parser.kind tells which, parser.str what was in it
)

// parserState is where in the machine the parser stands.
type parserState uint8

const (
	stGround parserState = iota
	stUTF8
	stEscape
	stCSI
	stCSIIgnore
	stDCS // the parameters of a device control string
	stDCSIgnore
	stString
	stStringEsc // the escape that ended a string
)

// maxString bounds what is collected of one string; the rest is dropped.
const maxString = 8192

// parser keeps what is needed to go on in the middle of a sequence.
type parser struct {
	state    parserState
	kind     byte // of a string: ']' OSC, 'P' DCS, '_' APC, '^' PM, 'X' SOS
	final    byte // the byte that ended the sequence
	dcsFinal byte // that which began the string
	r        rune

	seq       sequence
	str       []byte // of a string, what was collected
	length    int    // of a string, all of it
	truncated bool   // the string was longer than maxString
	stream    bool   // the string is not collected but handed on as it comes
	c2        bool   // the string's last byte was 0xc2, as in a C1 terminator

	drop  bool    // the next character ended a sequence and is not printed
	text  []rune  // decoded characters
	utf8  [4]byte // an unfinished character
	nutf8 uint8
}

// next consumes bytes of b, which must not be empty, and tells what they mean.
// It may consume none where an unfinished character turns out to be invalid.
func (p *parser) next(b []byte) (action, int) {
	if p.state == stGround {
		return p.ground(b)
	}
	switch p.state {
	case stUTF8:
		return p.utf8Rest(b)
	case stEscape:
		return p.escape(b)
	case stStringEsc:
		p.enter(stEscape)
		return p.escape(b)
	case stCSI, stDCS:
		return p.control(b)
	case stCSIIgnore, stDCSIgnore:
		return p.ignore(b)
	default:
		return p.string(b)
	}
}

// ground handles bytes outside any sequence.
func (p *parser) ground(b []byte) (action, int) {
	c := b[0]
	switch {
	case c >= 0x20 && c < 0x7f:
		return actPrint, printable(b)
	case c == 0x1b:
		p.enter(stEscape)
		if len(b) > 1 {
			act, n := p.escape(b[1:])
			return act, n + 1
		}
		return actNone, 1
	case c < 0x20:
		p.final = c
		return actExecute, 1
	case c == 0x7f:
		return actNone, 1
	}
	if n := p.decode(b); n > 0 {
		return actText, n
	}
	return p.utf8Start(b)
}

// enter starts a sequence afresh.
func (p *parser) enter(s parserState) {
	p.state = s
	p.seq.reset()
}

// escape handles what follows an escape.
func (p *parser) escape(b []byte) (action, int) {
	c := b[0]
	switch {
	case c == '[' && p.seq.ninter == 0:
		p.enter(stCSI)
		if len(b) > 1 {
			act, n := p.control(b[1:])
			return act, n + 1
		}
		return actNone, 1
	case p.anywhere(c):
		return actNone, 1
	case c < 0x20:
		p.final = c
		return actExecute, 1
	case c < 0x30:
		p.seq.intermediate(c)
		return actNone, 1
	case c == 0x7f:
		return actNone, 1
	case c >= 0x80:
		return p.abort(b)
	}
	if p.seq.ninter == 0 {
		switch c {
		case ']', '_', '^', 'X':
			p.enterString(c)
			return actNone, 1
		case 'P':
			p.enter(stDCS)
			p.kind = c
			return actNone, 1
		}
	}
	p.state = stGround
	if p.seq.overflow {
		return actNone, 1
	}
	p.final = c
	return actESC, 1
}

// anywhere handles the controls that end or restart a sequence wherever they
// stand, and tells whether c was one.
func (p *parser) anywhere(c byte) bool {
	switch c {
	case 0x18, 0x1a:
		p.state = stGround
	case 0x1b:
		p.enter(stEscape)
	default:
		return false
	}
	return true
}

// abort gives up a sequence for a character that cannot belong to it. The
// character is lost, unless it is a C1 control.
func (p *parser) abort(b []byte) (action, int) {
	p.state = stGround
	p.drop = true
	return p.utf8Start(b)
}

// control handles the inside of a control sequence, or the like part of a
// device control string, up to its final byte.
func (p *parser) control(b []byte) (action, int) {
	i := p.seq.numbers(b)
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case c >= '0' && c <= ';':
			if !p.seq.param(c) {
				p.state = p.ignoreState()
				return actNone, i + 1
			}
		case c >= 0x40 && c < 0x7f:
			return p.endControl(c), i + 1
		case c >= 0x3c && c < 0x40:
			if !p.seq.private(c) {
				p.state = p.ignoreState()
				return actNone, i + 1
			}
			i += p.seq.numbers(b[i+1:])
		case c >= 0x20 && c < 0x30:
			p.seq.intermediate(c)
		case c < 0x20:
			if p.anywhere(c) || p.state == stDCS {
				return actNone, i + 1
			}
			p.final = c
			return actExecute, i + 1
		case c >= 0x80:
			act, n := p.abort(b[i:])
			return act, n + i
		}
	}
	return actNone, len(b)
}

func (p *parser) ignoreState() parserState {
	if p.state == stDCS {
		return stDCSIgnore
	}
	return stCSIIgnore
}

// endControl acts on the final byte of a control sequence, or on the one that
// ends the parameters of a device control string and begins its data.
func (p *parser) endControl(c byte) action {
	p.final = c
	if p.state == stDCS {
		p.enterString('P')
		if p.stream {
			return actHook
		}
		return actNone
	}
	p.state = stGround
	if p.seq.overflow {
		return actNone
	}
	return actCSI
}

// ignore skips the rest of a malformed control sequence, or of a malformed
// device control string's parameters.
func (p *parser) ignore(b []byte) (action, int) {
	for i, c := range b {
		switch {
		case c < 0x20:
			if p.anywhere(c) || p.state == stDCSIgnore {
				return actNone, i + 1
			}
			p.final = c
			return actExecute, i + 1
		case c >= 0x40 && c < 0x7f && p.state == stDCSIgnore:
			p.enterString('X')
			return actNone, i + 1
		case c >= 0x40 && c < 0x7f:
			p.state = stGround
			return actNone, i + 1
		case c >= 0x80:
			act, n := p.abort(b[i:])
			return act, n + i
		}
	}
	return actNone, len(b)
}
