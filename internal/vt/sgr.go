package vt

// sgr is SGR: it changes the pen.
func (t *Terminal) sgr() {
	s := &t.parser.seq
	p := &t.cur.pen
	t.penStale = true
	if s.nparams == 0 {
		p.plain()
		return
	}
	for i := 0; i < int(s.nparams); {
		next := s.group(i)
		i = p.set(s, i, next)
	}
}

// group returns the index of the next parameter after i that is no sub-parameter.
func (s *sequence) group(i int) int {
	for i++; i < int(s.nparams) && s.isSub(i); i++ {
	}
	return i
}

// plain is SGR 0. Links and protection are no matter of SGR.
func (p *Style) plain() {
	*p = Style{Attrs: p.Attrs & AttrProtected, Link: p.Link}
}

// set applies parameter i, whose sub-parameters end before next, and returns the
// index of the first parameter that it did not use.
func (p *Style) set(s *sequence, i, next int) int {
	switch n := s.params[i]; {
	case n == 0:
		p.plain()
	case n == 4:
		p.setUnderline(s, i, next)
	case n < 10 || n >= 21 && n < 30 || n == 53 || n == 55:
		p.setAttr(n)
	case n >= 30 && n < 38:
		p.FG = Indexed(uint8(n - 30))
	case n == 38:
		return s.color(i, next, &p.FG)
	case n == 39:
		p.FG = 0
	case n >= 40 && n < 48:
		p.BG = Indexed(uint8(n - 40))
	case n == 48:
		return s.color(i, next, &p.BG)
	case n == 49:
		p.BG = 0
	case n == 58:
		return s.color(i, next, &p.UnderlineColor)
	case n == 59:
		p.UnderlineColor = 0
	case n >= 90 && n < 98:
		p.FG = Indexed(uint8(n - 90 + 8))
	case n >= 100 && n < 108:
		p.BG = Indexed(uint8(n - 100 + 8))
	}
	return next
}

func (p *Style) setAttr(n uint16) {
	switch n {
	case 1:
		p.Attrs |= AttrBold
	case 2:
		p.Attrs |= AttrDim
	case 3:
		p.Attrs |= AttrItalic
	case 5, 6:
		p.Attrs |= AttrBlink
	case 7:
		p.Attrs |= AttrInverse
	case 8:
		p.Attrs |= AttrHidden
	case 9:
		p.Attrs |= AttrStrike
	case 21:
		p.Underline = UnderlineDouble
	case 22:
		p.Attrs &^= AttrBold | AttrDim
	case 23:
		p.Attrs &^= AttrItalic
	case 24:
		p.Underline = UnderlineNone
	case 25:
		p.Attrs &^= AttrBlink
	case 27:
		p.Attrs &^= AttrInverse
	case 28:
		p.Attrs &^= AttrHidden
	case 29:
		p.Attrs &^= AttrStrike
	case 53:
		p.Attrs |= AttrOverline
	case 55:
		p.Attrs &^= AttrOverline
	}
}

// setUnderline is SGR 4, with its style after a colon.
func (p *Style) setUnderline(s *sequence, i, next int) {
	p.Underline = UnderlineSingle
	if next > i+1 && s.params[i+1] <= uint16(UnderlineDashed) {
		p.Underline = Underline(s.params[i+1])
	}
}

// color reads the colour of SGR 38, 48 or 58 at parameter i in any of its
// spellings: 38:5:n, 38:2:r:g:b, 38:2:space:r:g:b, and with semicolons.
func (s *sequence) color(i, next int, to *Color) int {
	if next > i+1 {
		s.colonColor(s.params[i+1:next], to)
		return next
	}
	rest := s.params[i+1 : s.nparams]
	switch {
	case len(rest) >= 2 && rest[0] == 5:
		setIndexed(rest[1], to)
		return i + 3
	case len(rest) >= 4 && rest[0] == 2:
		setDirect(rest[1:4], to)
		return i + 5
	}
	return int(s.nparams)
}

func (s *sequence) colonColor(p []uint16, to *Color) {
	switch {
	case len(p) >= 2 && p[0] == 5:
		setIndexed(p[1], to)
	case len(p) >= 5 && p[0] == 2:
		setDirect(p[2:5], to)
	case len(p) == 4 && p[0] == 2:
		setDirect(p[1:4], to)
	}
}

func setIndexed(n uint16, to *Color) {
	if n <= 255 {
		*to = Indexed(uint8(n))
	}
}

func setDirect(p []uint16, to *Color) {
	if p[0] <= 255 && p[1] <= 255 && p[2] <= 255 {
		*to = Direct(uint8(p[0]), uint8(p[1]), uint8(p[2]))
	}
}
