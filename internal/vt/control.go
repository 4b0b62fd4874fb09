package vt

// execute acts on a C0 control.
func (t *Terminal) execute(c byte) {
	t.last = 0
	switch c {
	case '\n', '\v', '\f':
		t.lineFeed()
	case '\r':
		t.carriageReturn()
	case '\b':
		t.cursorBack(1)
	case '\t':
		t.tab(1)
	case 0x05:
		t.answerback()
	case 0x07:
		if t.cfg.Effects.Bell != nil {
			t.cfg.Effects.Bell()
		}
	case 0x0e:
		t.cur.sets.gl = 1
	case 0x0f:
		t.cur.sets.gl = 0
	}
}

// lineFeed goes down a line. A line reached so is no continuation of the one
// above, even if it was before.
func (t *Terminal) lineFeed() {
	from := t.cur.row
	t.index()
	if t.cur.row != from {
		t.grid.info(t.cur.row).flags &^= rowContinues
	}
	if t.on(modeNewline) {
		t.carriageReturn()
	}
}

func (t *Terminal) carriageReturn() {
	t.cur.pending = false
	if t.cur.origin || t.cur.col >= t.left {
		t.cur.col = t.left
	} else {
		t.cur.col = 0
	}
}

// betweenMargins tells whether the cursor is between the left and right margins.
func (t *Terminal) betweenMargins() bool {
	return t.cur.col >= t.left && t.cur.col <= t.right
}

// insideMargins tells whether the cursor is between all four margins.
func (t *Terminal) insideMargins() bool {
	return t.betweenMargins() && t.cur.row >= t.top && t.cur.row <= t.bottom
}

// index is IND: down a line, scrolling at the bottom margin.
func (t *Terminal) index() {
	t.cur.pending = false
	switch {
	case t.cur.row == t.bottom:
		if t.betweenMargins() {
			t.scrollUp(1)
		}
	case t.cur.row < t.grid.size.Rows-1:
		t.cur.row++
	}
}

// reverseIndex is RI: up a line, scrolling at the top margin.
func (t *Terminal) reverseIndex() {
	t.cur.pending = false
	switch {
	case t.cur.row == t.top:
		if t.betweenMargins() {
			t.scrollDown(1)
		}
	case t.cur.row > 0:
		t.cur.row--
	}
}

// worked counts a rectangle of cells that is touched against the budget of WriteSome.
func (t *Terminal) worked(rows, cols int) { t.work += rows * cols }

// scrolled counts n rows that became free. To make one empty takes what was printed on
// it, which was counted; to make it full of a colour takes all its cells.
func (t *Terminal) scrolled(n int) {
	cells := 8
	if t.erased() != 0 {
		cells = t.grid.size.Cols
	}
	t.worked(n, cells)
}

// fullWidth tells whether the left and right margins are the edges.
func (t *Terminal) fullWidth() bool {
	return t.left == 0 && t.right == t.grid.size.Cols-1
}

// scrollUp scrolls the lines between the margins up by n. Those that leave the
// top of the primary screen become history.
func (t *Terminal) scrollUp(n int) {
	n = min(n, t.bottom-t.top+1)
	if !t.fullWidth() {
		t.shiftRows(t.top, n)
		return
	}
	if t.top == 0 && !t.onAlt {
		t.scrolled(n)
		for y := range n {
			t.hist.push(t.grid.usedRow(y), t.grid.line(y, &t.tables.marks), &t.tables)
		}
		t.grid.scrollUp(0, t.bottom, n, t.erased())
		t.grid.part(t.bottom + 1)
		return
	}
	t.moveUp(t.top, n)
}

// moveUp moves the rows from y to the bottom margin up by n, and blanks those that
// become free. What the rows at the seams went on from is no longer above them.
func (t *Terminal) moveUp(y, n int) {
	t.scrolled(n)
	t.grid.scrollUp(y, t.bottom, n, t.erased())
	t.grid.part(y)
	t.grid.part(t.bottom + 1)
}

// moveDown moves them down.
func (t *Terminal) moveDown(y, n int) {
	t.scrolled(n)
	t.grid.scrollDown(y, t.bottom, n, t.erased())
	t.grid.part(y + n)
	t.grid.part(t.bottom + 1)
}

// part makes row y, if there is one, go on from nothing.
func (g *grid) part(y int) {
	if y < g.size.Rows {
		g.info(y).flags &^= rowContinues
	}
}

// scrollDown scrolls the lines between the margins down by n.
func (t *Terminal) scrollDown(n int) {
	n = min(n, t.bottom-t.top+1)
	if !t.fullWidth() {
		t.shiftRows(t.top, -n)
		return
	}
	t.moveDown(t.top, n)
}

// shiftRows moves the part of rows top, ..., t.bottom between the left and right
// margins up by n, or down by -n.
func (t *Terminal) shiftRows(top, n int) {
	c := t.erased()
	t.worked(t.bottom-top+1, t.right-t.left+1)
	for y := top; y <= t.bottom; y++ {
		t.grid.split(y, t.left, c)
		t.grid.split(y, t.right+1, c)
	}
	if n > 0 {
		for y := top; y <= t.bottom; y++ {
			t.copyPart(y, y+n, y+n <= t.bottom)
		}
		return
	}
	for y := t.bottom; y >= top; y-- {
		t.copyPart(y, y+n, y+n >= top)
	}
}

// copyPart copies what is between the margins from row src, or blanks it.
func (t *Terminal) copyPart(dst, src int, have bool) {
	if !have {
		t.grid.fill(dst, t.left, t.right+1, t.erased())
		return
	}
	copy(t.grid.row(dst)[t.left:t.right+1], t.grid.row(src)[t.left:t.right+1])
	t.grid.touch(dst, min(t.right+1, int(t.grid.info(src).used)))
}
