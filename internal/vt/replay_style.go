package vt

import "strconv"

// setPen changes the terminal's pen to s by what differs.
func (w *writer) setPen(s *Style) {
	if w.pen == *s {
		return
	}
	w.dst = appendPen(w.dst, &w.pen, s)
	w.pen = *s
}

// appendPen appends what leads from one pen to another, and is not the same.
func appendPen(dst []byte, from, to *Style) []byte {
	if from.Link != to.Link {
		dst = appendLink(dst, to.Link)
	}
	if (from.Attrs^to.Attrs)&AttrProtected != 0 {
		if to.Attrs&AttrProtected != 0 {
			dst = append(dst, "\x1b[1\"q"...)
		} else {
			dst = append(dst, "\x1b[0\"q"...)
		}
	}
	return appendSGR(dst, from, to)
}

func appendLink(dst []byte, l *Link) []byte {
	if l == nil {
		return append(dst, "\x1b]8;;\x1b\\"...)
	}
	dst = append(dst, "\x1b]8;"...)
	if l.ID != "" {
		dst = append(append(dst, "id="...), l.ID...)
	}
	dst = append(append(dst, ';'), l.URI...)
	return append(dst, "\x1b\\"...)
}

// sgrAttrs are the attributes that SGR sets, and the parameters that do so.
var sgrAttrs = []struct {
	attr  Attr
	param string
}{
	{AttrBold, "1"}, {AttrDim, "2"}, {AttrItalic, "3"}, {AttrBlink, "5"},
	{AttrInverse, "7"}, {AttrHidden, "8"}, {AttrStrike, "9"}, {AttrOverline, "53"},
}

const sgrMask = AttrBold | AttrDim | AttrItalic | AttrBlink | AttrInverse | AttrHidden | AttrStrike | AttrOverline

// appendSGR appends the SGR sequence, if any is needed, that leads from one style
// to another. Protection and links are not its matter.
func appendSGR(dst []byte, from, to *Style) []byte {
	if to.looksPlain() {
		return append(dst, "\x1b[m"...)
	}
	start := len(dst)
	dst = append(dst, "\x1b["...)
	base := len(dst)
	cur := from
	if loses(from, to) {
		dst = append(dst, "0;"...)
		cur = &defaultStyle
	}
	if to.Attrs&^cur.Attrs&sgrMask != 0 {
		for _, a := range sgrAttrs {
			if to.Attrs&a.attr != 0 && cur.Attrs&a.attr == 0 {
				dst = append(append(dst, a.param...), ';')
			}
		}
	}
	if to.Underline != cur.Underline {
		dst = appendUnderline(dst, to.Underline)
	}
	if to.FG != cur.FG {
		dst = appendColor(dst, to.FG, 30)
	}
	if to.BG != cur.BG {
		dst = appendColor(dst, to.BG, 40)
	}
	if to.UnderlineColor != cur.UnderlineColor {
		dst = appendColor(dst, to.UnderlineColor, 50)
	}
	if len(dst) == base {
		return dst[:start]
	}
	dst[len(dst)-1] = 'm'
	return dst
}

// loses tells whether something must be taken away, which is best done by
// starting afresh.
func loses(from, to *Style) bool {
	return from.Attrs&^to.Attrs&sgrMask != 0 ||
		from.Underline != 0 && to.Underline == 0 ||
		from.FG != 0 && to.FG == 0 && (to.BG == 0 || from.BG != 0 && to.BG == 0) ||
		from.UnderlineColor != 0 && to.UnderlineColor == 0
}

// looksPlain tells whether s is what SGR 0 leads to.
func (s *Style) looksPlain() bool {
	return s.FG|s.BG|s.UnderlineColor == 0 && s.Underline == 0 && s.Attrs&sgrMask == 0
}

func appendUnderline(dst []byte, u Underline) []byte {
	if u <= UnderlineSingle {
		return append(dst, "4;"...)
	}
	return append(dst, '4', ':', '0'+byte(u), ';')
}

// decimal is a number up to 255 as text, and how long that is.
type decimal struct {
	text [3]byte
	n    uint8
}

var decimals = func() (d [256]decimal) {
	for i := range d {
		d[i].n = uint8(len(strconv.AppendInt(d[i].text[:0], int64(i), 10)))
	}
	return d
}()

// appendDecimal appends n as text: three bytes, of which it takes back those that
// are too many. A replay of a coloured log is mostly this.
func appendDecimal(dst []byte, n uint8) []byte {
	d := &decimals[n]
	dst = append(dst, d.text[0], d.text[1], d.text[2])
	return dst[:len(dst)-3+int(d.n)]
}

// appendColor appends the parameters that set a colour; base is 30 for the
// foreground, 40 for the background, 50 for the underline, which needs colons.
func appendColor(dst []byte, c Color, base uint8) []byte {
	sep := byte(';')
	if base == 50 {
		sep = ':'
	}
	if i, ok := c.Index(); ok {
		switch {
		case i < 8 && base < 50:
			dst = appendDecimal(dst, base+i)
		case i < 16 && base < 50:
			dst = appendDecimal(dst, base+60+i-8)
		default:
			dst = append(appendDecimal(dst, base+8), sep, '5', sep)
			dst = appendDecimal(dst, i)
		}
		return append(dst, ';')
	}
	r, g, b, ok := c.RGB()
	if !ok {
		return append(appendDecimal(dst, base+9), ';')
	}
	dst = append(appendDecimal(dst, base+8), sep, '2', sep)
	if base == 50 {
		dst = append(dst, sep)
	}
	dst = append(appendDecimal(dst, r), sep)
	dst = append(appendDecimal(dst, g), sep)
	return append(appendDecimal(dst, b), ';')
}
