package vt

// moveTo puts the cursor at a row and column of the screen, as near as there is.
func (t *Terminal) moveTo(row, col int) {
	t.cur.row = min(max(row, 0), t.grid.size.Rows-1)
	t.cur.col = min(max(col, 0), t.grid.size.Cols-1)
	t.cur.pending = false
}

// address puts the cursor at a row and column as a program counts them, from 0:
// in origin mode from the margins, which it then cannot leave.
func (t *Terminal) address(row, col int) {
	if !t.cur.origin {
		t.moveTo(row, col)
		return
	}
	t.moveTo(min(t.top+row, t.bottom), min(t.left+col, t.right))
}

func (t *Terminal) home() { t.address(0, 0) }

// addressed returns the cursor's position as a program counts it, from 0.
func (t *Terminal) addressed() (row, col int) {
	if t.cur.origin {
		return t.cur.row - t.top, t.cur.col - t.left
	}
	return t.cur.row, t.cur.col
}

// cursorUp is CUU. It stops at the top margin, unless it started above it.
func (t *Terminal) cursorUp(n int) {
	limit := 0
	if t.cur.row >= t.top {
		limit = t.top
	}
	t.moveTo(max(t.cur.row-n, limit), t.cur.col)
}

func (t *Terminal) cursorDown(n int) {
	limit := t.grid.size.Rows - 1
	if t.cur.row <= t.bottom {
		limit = t.bottom
	}
	t.moveTo(min(t.cur.row+n, limit), t.cur.col)
}

func (t *Terminal) cursorForward(n int) {
	t.moveTo(t.cur.row, min(t.cur.col+n, t.rightLimit()))
}

// cursorBack is CUB and BS. Under reverse wrap it goes on at the end of the line
// above if this one continues it; a pending wrap takes one step to undo.
func (t *Terminal) cursorBack(n int) {
	if t.on(modeWrap) && t.on(modeReverseWrap|modeReverseWrapExtended) {
		t.reverseWrap(n)
		return
	}
	limit := 0
	if t.cur.col >= t.left {
		limit = t.left
	}
	t.moveTo(t.cur.row, max(t.cur.col-n, limit))
}

func (t *Terminal) reverseWrap(n int) {
	if t.cur.pending {
		t.cur.pending = false
		n--
	}
	n = min(n, t.grid.size.Rows*t.grid.size.Cols)
	t.work += n
	for ; n > 0; n-- {
		limit := 0
		if t.cur.col >= t.left {
			limit = t.left
		}
		if t.cur.col > limit {
			t.cur.col--
			continue
		}
		if !t.reverseWrapLine() {
			return
		}
	}
}

// reverseWrapLine goes to the end of the line above, if that may be.
func (t *Terminal) reverseWrapLine() bool {
	extended := t.on(modeReverseWrapExtended)
	m := t.grid.info(t.cur.row)
	switch {
	case m.flags&rowContinues == 0 && !extended:
		return false
	case t.cur.row == t.top && !extended, t.cur.row == 0 && t.top != 0:
		return false
	case t.cur.row == t.top:
		t.cur.row = t.bottom
	default:
		m.flags &^= rowContinues
		t.cur.row--
	}
	t.cur.col = t.right
	return true
}

// resetMargins makes the whole screen scroll.
func (t *Terminal) resetMargins() {
	t.top, t.bottom = 0, t.grid.size.Rows-1
	t.left, t.right = 0, t.grid.size.Cols-1
}

// setTopBottom is DECSTBM.
func (t *Terminal) setTopBottom() {
	top := t.parser.seq.at(0, 1)
	bottom := min(t.parser.seq.at(1, t.grid.size.Rows), t.grid.size.Rows)
	if top < bottom {
		t.top, t.bottom = top-1, bottom-1
		t.home()
	}
}

// setLeftRight is DECSLRM.
func (t *Terminal) setLeftRight() {
	left := t.parser.seq.at(0, 1)
	right := min(t.parser.seq.at(1, t.grid.size.Cols), t.grid.size.Cols)
	if left < right {
		t.left, t.right = left-1, right-1
		t.home()
	}
}

// saveCursor is DECSC. A single shift is not saved, as in xterm.
func (t *Terminal) saveCursor() {
	saved := &t.saved[t.screenIndex()]
	*saved = t.cur
	saved.sets.single = 0
}

// restoreCursor is DECRC. In origin mode the cursor stays between the margins, even
// if they are others by now.
func (t *Terminal) restoreCursor() {
	link, single := t.cur.pen.Link, t.cur.sets.single
	t.cur = t.saved[t.screenIndex()]
	t.cur.pen.Link, t.cur.sets.single = link, single
	t.cur.row = min(t.cur.row, t.grid.size.Rows-1)
	t.cur.col = min(t.cur.col, t.grid.size.Cols-1)
	if t.cur.origin {
		t.cur.row = min(max(t.cur.row, t.top), t.bottom)
		t.cur.col = min(max(t.cur.col, t.left), t.right)
	}
	t.penStale = true
}
