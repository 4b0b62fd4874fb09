package vt

// enterString starts a string; for a device control string its parameters and
// final byte are in p.seq and p.final.
func (p *parser) enterString(kind byte) {
	p.state, p.kind = stString, kind
	p.str, p.length = p.str[:0], 0
	p.truncated, p.c2 = false, false
	p.dcsFinal = p.final
	p.stream = kind == 'P' && p.final == 'q' && p.seq.ninter == 0 && p.seq.prefix == 0
}

// string handles the inside of a string. An escape ends it whatever follows
// (the terminator's backslash then is a sequence without a meaning), CAN and SUB
// abandon it, and BEL ends an OSC.
func (p *parser) string(b []byte) (action, int) {
	i := 0
	for i < len(b) && b[i] >= 0x20 && b[i] != 0x9c {
		i++
	}
	if i > 0 {
		p.length += i
		p.c2 = b[i-1] == 0xc2
		return p.collect(b[:i]), i
	}
	switch c := b[0]; c {
	case 0x9c:
		if !p.c2 {
			p.c2 = false
			p.length++
			return p.collect(b[:1]), 1
		}
		if n := len(p.str); n > 0 && p.str[n-1] == 0xc2 {
			p.str = p.str[:n-1]
		}
		p.state = stGround
		return actString, 1
	case 0x1b:
		// The sequence that the string began with is still to be acted on: it
		// is reset when the next byte comes.
		p.state = stStringEsc
		return actString, 1
	case 0x07:
		if p.kind == ']' {
			p.state = stGround
			return actString, 1
		}
	case 0x18, 0x1a:
		p.state = stGround
	}
	p.length++
	p.c2 = false
	return actNone, 1
}

func (p *parser) collect(b []byte) action {
	if p.stream {
		return actData
	}
	if p.kind == 'X' || p.kind == '^' {
		return actNone
	}
	if room := maxString - len(p.str); len(b) > room {
		p.truncated = true
		b = b[:room]
	}
	p.str = append(p.str, b...)
	return actNone
}

// appendPending appends what a terminal must have read to stand where this
// parser stands: the unfinished sequence, nothing at ground.
func (p *parser) appendPending(dst []byte) []byte {
	switch p.state {
	case stUTF8:
		if p.drop {
			dst = append(dst, "\x1b["...)
		}
		return append(dst, p.utf8[:p.nutf8]...)
	case stStringEsc:
		return append(dst, 0x1b)
	case stEscape:
		return p.seq.appendTo(append(dst, 0x1b))
	case stCSI:
		return p.seq.appendTo(append(dst, "\x1b["...))
	case stCSIIgnore:
		return append(dst, "\x1b[0<"...)
	case stDCS:
		return p.seq.appendTo(append(dst, "\x1bP"...))
	case stDCSIgnore:
		return append(dst, "\x1bP0<"...)
	case stString:
		return p.appendPendingString(dst)
	}
	return dst
}

// appendPendingString appends the beginning of the string that is being read. If
// it was too long to be kept, its receiver is to swallow the rest instead of taking
// half of something: then it begins as a command that means nothing, unless it is one
// whose length alone says what becomes of it.
func (p *parser) appendPendingString(dst []byte) []byte {
	switch {
	case p.truncated && p.kind == ']' && goesOnTruncated(p.str):
		dst = append(append(dst, "\x1b]"...), p.str...)
	case p.truncated && p.kind == ']':
		dst = append(dst, "\x1b]7770;"...)
	case p.truncated:
		dst = append(dst, "\x1bX"...)
	default:
		dst = append(dst, 0x1b, p.kind)
		if p.kind == 'P' {
			dst = append(p.seq.appendTo(dst), p.dcsFinal)
		}
		dst = append(dst, p.str...)
	}
	if p.c2 && dst[len(dst)-1] != 0xc2 { // half of a terminator, and not collected
		dst = append(dst, 0xc2)
	}
	return dst
}
