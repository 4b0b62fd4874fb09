package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// printable returns the length of the run of printable ASCII that b begins
// with. It looks at eight bytes at a time.
func printable(b []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		// Below 0x20, from 0x80 on, and 0x7f: each sets a byte's high bit.
		if ((v-0x20*ones)|v|(v+ones))&high != 0 {
			break
		}
	}
	for i < len(b) && b[i]-0x20 < 0x5f {
		i++
	}
	return i
}

// maxText is how many characters are decoded at a time.
const maxText = 64

// decode decodes the characters that most text beyond ASCII is made of, and the
// spaces between them, into p.text. It returns how many bytes they were, and stops
// at anything that needs a closer look.
func (p *parser) decode(b []byte) int {
	if p.text == nil {
		p.text = make([]rune, 0, maxText)
	}
	text := p.text[:0]
	i := 0
loop:
	for i+3 < len(b) && len(text) < maxText {
		switch c := b[i]; {
		case c == ' ':
			text = append(text, ' ')
			i++
		case c >= 0xe1 && c <= 0xec && b[i+1]&0xc0 == 0x80 && b[i+2]&0xc0 == 0x80:
			text = append(text, rune(c&0xf)<<12|rune(b[i+1]&0x3f)<<6|rune(b[i+2]&0x3f))
			i += 3
		case c >= 0xc3 && c <= 0xdf && b[i+1]&0xc0 == 0x80:
			text = append(text, rune(c&0x1f)<<6|rune(b[i+1]&0x3f))
			i += 2
		case c == 0xf0 && b[i+1] >= 0x90 && b[i+1] < 0xc0 && b[i+2]&0xc0 == 0x80 && b[i+3]&0xc0 == 0x80:
			text = append(text, rune(b[i+1]&0x3f)<<12|rune(b[i+2]&0x3f)<<6|rune(b[i+3]&0x3f))
			i += 4
		default:
			break loop
		}
	}
	p.text = text
	return i
}

// utf8Start handles a byte from 0x80 on outside any sequence.
func (p *parser) utf8Start(b []byte) (action, int) {
	r, n := utf8.DecodeRune(b)
	if r != utf8.RuneError || n == 3 {
		return p.char(r), n
	}
	n = validPrefix(b)
	if n == 0 {
		return p.print(utf8.RuneError), 1
	}
	if n < len(b) {
		return p.print(utf8.RuneError), n
	}
	p.nutf8 = uint8(copy(p.utf8[:], b))
	p.state = stUTF8
	return actNone, n
}

// utf8Rest goes on with a character of which the first bytes came before b.
func (p *parser) utf8Rest(b []byte) (action, int) {
	have := int(p.nutf8)
	n := copy(p.utf8[have:], b)
	r, size := utf8.DecodeRune(p.utf8[:have+n])
	if size > have {
		p.state = stGround
		return p.char(r), size - have
	}
	valid := validPrefix(p.utf8[:have+n])
	if valid == have+n {
		p.nutf8 = uint8(valid)
		return actNone, n
	}
	p.state = stGround
	return p.print(utf8.RuneError), max(valid-have, 0)
}

// char acts on a whole character: a C1 control is the escape sequence that it
// stands for, as in xterm's UTF-8 mode.
func (p *parser) char(r rune) action {
	if r < 0xa0 {
		p.drop = false
		p.enter(stEscape)
		act, _ := p.escape([]byte{byte(r) - 0x40})
		return act
	}
	return p.print(r)
}

// print has r printed, or not if it is the one that ended a sequence.
func (p *parser) print(r rune) action {
	p.r = r
	if p.drop {
		p.drop = false
		return actNone
	}
	return actRune
}

// validPrefix returns how many bytes of b are the beginning of some valid
// character: 0 if b[0] cannot begin one. b does not begin with a whole one.
func validPrefix(b []byte) int {
	lo, hi, need := byte(0x80), byte(0xbf), 0
	switch c := b[0]; {
	case c >= 0xc2 && c <= 0xdf:
		need = 2
	case c >= 0xe0 && c <= 0xef:
		need = 3
		if c == 0xe0 {
			lo = 0xa0
		} else if c == 0xed {
			hi = 0x9f // surrogates
		}
	case c >= 0xf0 && c <= 0xf4:
		need = 4
		if c == 0xf0 {
			lo = 0x90
		} else if c == 0xf4 {
			hi = 0x8f
		}
	default:
		return 0
	}
	n := 1
	for n < need && n < len(b) && b[n] >= lo && b[n] <= hi {
		lo, hi = 0x80, 0xbf
		n++
	}
	return n
}
