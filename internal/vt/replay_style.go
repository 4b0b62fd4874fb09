package vt

import "strconv"

// setPen changes the terminal's pen to s by what differs.
func (w *writer) setPen(s *Style) {
	if w.pen == *s {
		return
	}
	if w.pen.Link != s.Link {
		w.link(s.Link)
	}
	if (w.pen.Attrs^s.Attrs)&AttrProtected != 0 {
		if s.Attrs&AttrProtected != 0 {
			w.str("\x1b[1\"q")
		} else {
			w.str("\x1b[0\"q")
		}
	}
	w.dst = appendSGR(w.dst, &w.pen, s)
	w.pen = *s
}

func (w *writer) link(l *Link) {
	if l == nil {
		w.str("\x1b]8;;\x1b\\")
		return
	}
	w.str("\x1b]8;")
	if l.ID != "" {
		w.str("id=" + l.ID)
	}
	w.str(";" + l.URI + "\x1b\\")
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
	switch {
	case len(dst) == base:
		return dst[:start]
	case len(dst) == base+2 && dst[base] == '0':
		return append(dst[:base], 'm')
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
		from.UnderlineColor != 0 && to.UnderlineColor == 0 ||
		*to == Style{Attrs: to.Attrs & AttrProtected, Link: to.Link}
}

func appendUnderline(dst []byte, u Underline) []byte {
	if u <= UnderlineSingle {
		return append(dst, "4;"...)
	}
	return append(dst, '4', ':', '0'+byte(u), ';')
}

// decimals is the numbers up to 255 as text.
var decimals = func() (d [256]string) {
	for i := range d {
		d[i] = strconv.Itoa(i)
	}
	return d
}()

// appendColor appends the parameters that set a colour; base is 30 for the
// foreground, 40 for the background, 50 for the underline, which needs colons.
func appendColor(dst []byte, c Color, base int) []byte {
	num := func(n int) { dst = append(dst, decimals[n]...) }
	sep := byte(';')
	if base == 50 {
		sep = ':'
	}
	if i, ok := c.Index(); ok {
		switch {
		case i < 8 && base < 50:
			num(base + int(i))
		case i < 16 && base < 50:
			num(base + 60 + int(i) - 8)
		default:
			num(base + 8)
			dst = append(dst, sep, '5', sep)
			num(int(i))
		}
		return append(dst, ';')
	}
	r, g, b, ok := c.RGB()
	if !ok {
		num(base + 9)
		return append(dst, ';')
	}
	num(base + 8)
	dst = append(dst, sep, '2', sep)
	if base == 50 {
		dst = append(dst, sep)
	}
	for i, v := range []byte{r, g, b} {
		if i > 0 {
			dst = append(dst, sep)
		}
		dst = append(dst, decimals[v]...)
	}
	return append(dst, ';')
}
