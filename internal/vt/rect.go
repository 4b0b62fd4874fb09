package vt

// extentRectangle is what DECSACE says for changing the attributes of a true
// rectangle; 0 and 1 mean all from its first cell to its last.
const extentRectangle = 2

// area is a rectangle of cells, inclusive.
type area struct{ top, left, bottom, right int }

// area reads a rectangle from parameters i to i+3; in origin mode it counts from
// the margins and ends there. ok is false if there is nothing inside.
func (t *Terminal) area(i int) (a area, ok bool) {
	s := &t.parser.seq
	lim := area{0, 0, t.grid.size.Rows - 1, t.grid.size.Cols - 1}
	if t.cur.origin {
		lim = area{t.top, t.left, t.bottom, t.right}
	}
	a.top = lim.top + s.at(i, 1) - 1
	a.left = lim.left + s.at(i+1, 1) - 1
	a.bottom = min(lim.top+s.at(i+2, lim.bottom-lim.top+1)-1, lim.bottom)
	a.right = min(lim.left+s.at(i+3, lim.right-lim.left+1)-1, lim.right)
	if a.top > a.bottom || a.left > a.right {
		return a, false
	}
	// All that lines of the rectangle may take: as a stream it goes to their edges.
	t.worked(a.bottom-a.top+1, max(a.right-a.left+1, t.grid.size.Cols/8))
	return a, true
}

// rectangle acts on the sequences for rectangles, by their final bytes.
func (t *Terminal) rectangle(final byte) {
	switch final {
	case 'r', 't':
		t.changeAttributes(final == 't')
	case 'v':
		t.copyArea()
	case 'x':
		t.fillArea()
	case 'z':
		t.eraseArea(false)
	case '{':
		t.eraseArea(true)
	}
}

// fillArea is DECFRA: a rectangle full of one printable character in the pen.
func (t *Terminal) fillArea() {
	r := t.parser.seq.at(0, ' ')
	a, ok := t.area(1)
	if !ok || r < 0x20 || r >= 0x7f && r < 0xa0 || runeWidth(rune(r)) != 1 {
		return
	}
	c := t.pen() | cell(r)
	for y := a.top; y <= a.bottom; y++ {
		t.grid.split(y, a.left, c.styleBits())
		t.grid.split(y, a.right+1, c.styleBits())
		t.grid.fill(y, a.left, a.right+1, c)
	}
}

// eraseArea is DECERA and DECSERA. What it leaves are spaces, not empty cells;
// the selective one leaves the look of what was there.
func (t *Terminal) eraseArea(selective bool) {
	a, ok := t.area(0)
	if !ok {
		return
	}
	c := t.erased() | ' '
	for y := a.top; y <= a.bottom; y++ {
		t.grid.split(y, a.left, c.styleBits())
		t.grid.split(y, a.right+1, c.styleBits())
		for x := a.left; x <= a.right; x++ {
			if selective {
				t.blank(y, x)
			} else {
				t.grid.fill(y, x, x+1, c)
			}
		}
	}
}

// blank makes a cell a space in the style that it has, unless it is protected by
// DECSCA. A wide character goes as a whole.
func (t *Terminal) blank(y, x int) {
	if t.protected(y, x) && !t.protectISO {
		return
	}
	row := t.grid.row(y)
	row[x] = row[x].styleBits() | ' '
	t.grid.touch(y, x+1)
}

// copyArea is DECCRA. There is one page.
func (t *Terminal) copyArea() {
	s := &t.parser.seq
	a, ok := t.area(0)
	top, left := s.at(5, 1)-1, s.at(6, 1)-1
	if t.cur.origin {
		top, left = top+t.top, left+t.left
	}
	rows := min(a.bottom-a.top+1, t.grid.size.Rows-top)
	cols := min(a.right-a.left+1, t.grid.size.Cols-left)
	if !ok || rows <= 0 || cols <= 0 {
		return
	}
	for i := range rows {
		y := i
		if top > a.top {
			y = rows - 1 - i
		}
		t.copyCells(a.top+y, a.left, top+y, left, cols)
	}
}

// copyCells copies n cells from one place to another, of which only half a wide
// character may come along; that becomes blank.
func (t *Terminal) copyCells(y, x, toY, toX, n int) {
	g := t.grid
	g.split(toY, toX, 0)
	g.split(toY, toX+n, 0)
	dst := g.row(toY)[toX : toX+n]
	copy(dst, g.row(y)[x:x+n])
	g.touch(toY, toX+n)
	if dst[0]&cellTail != 0 {
		dst[0] = dst[0].styleBits()
	}
	if dst[n-1]&cellWide != 0 {
		dst[n-1] = dst[n-1].styleBits()
	}
}

// changeAttributes is DECCARA and, with reverse, DECRARA: it changes the look of
// what is there. Unless DECSACE says rectangle, the area is a stream of
// characters from its first corner to its last.
func (t *Terminal) changeAttributes(reverse bool) {
	a, ok := t.area(0)
	if !ok {
		return
	}
	if len(t.tables.styles.styles) >= t.tables.styles.limit {
		t.collectStyles()
	}
	left, right := 0, t.grid.size.Cols-1
	if t.cur.origin {
		left, right = t.left, t.right
	}
	for y := a.top; y <= a.bottom; y++ {
		from, to := a.left, a.right
		if t.rectExtent != extentRectangle {
			if y > a.top {
				from = left
			}
			if y < a.bottom {
				to = right
			}
		}
		t.worked(1, to-from+1)
		t.changeCells(y, from, to, reverse)
	}
}

func (t *Terminal) changeCells(y, from, to int, reverse bool) {
	row := t.grid.row(y)
	was, is := cell(0), cell(0) // the style of the cell before, and what it became
	known := false
	for x := from; x <= to; x++ {
		switch {
		case row[x]&cellTail != 0:
			row[x] = cellTail | row[x-1].styleBits()
			continue
		case !known || row[x].styleBits() != was:
			was, known = row[x].styleBits(), true
			is = t.changedStyle(was, reverse)
		}
		row[x] = row[x]&cellText | is
	}
	if to+1 < len(row) && row[to+1]&cellTail != 0 {
		row[to+1] = cellTail | row[to].styleBits()
	}
	t.grid.touch(y, to+1)
}

// changedStyle returns the style that DECCARA, or DECRARA, makes of one.
func (t *Terminal) changedStyle(was cell, reverse bool) cell {
	s := t.tables.styles.styles[was.style()]
	for i := 4; i < int(t.parser.seq.nparams); i++ {
		if reverse {
			s.reverse(t.parser.seq.params[i])
		} else {
			s.change(t.parser.seq.params[i])
		}
	}
	return cell(t.tables.styles.id(s)) << cellStyleShift
}

const areaAttrs = AttrBold | AttrBlink | AttrInverse | AttrHidden

// change is what a parameter of DECCARA does to a style.
func (s *Style) change(n uint16) {
	switch n {
	case 0:
		s.Attrs &^= areaAttrs
		s.Underline = UnderlineNone
	case 4:
		s.Underline = UnderlineSingle
	case 22:
		s.Attrs &^= AttrBold
	case 1, 5, 7, 8, 24, 25, 27, 28:
		s.setAttr(n)
	}
}

// reverse is what a parameter of DECRARA does to a style.
func (s *Style) reverse(n uint16) {
	switch n {
	case 0:
		s.Attrs ^= areaAttrs
		s.reverse(4)
	case 1:
		s.Attrs ^= AttrBold
	case 4:
		if s.Underline == UnderlineNone {
			s.Underline = UnderlineSingle
		} else {
			s.Underline = UnderlineNone
		}
	case 5:
		s.Attrs ^= AttrBlink
	case 7:
		s.Attrs ^= AttrInverse
	case 8:
		s.Attrs ^= AttrHidden
	}
}
