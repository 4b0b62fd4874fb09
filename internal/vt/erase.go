package vt

import "slices"

// erase makes the cells from, ..., to-1 of row y empty on the pen's background.
// Those protected are spared if selective asks for it, or if they were protected
// in the manner of ISO 6429, which every erasure heeds.
func (t *Terminal) erase(y, from, to int, selective bool) {
	c := t.erased()
	t.worked(1, to-from)
	if !selective && !t.protectISO {
		t.grid.split(y, from, c)
		t.grid.split(y, to, c)
		t.grid.fill(y, from, to, c)
		return
	}
	for _, x := range []int{from, to} {
		if x < t.grid.size.Cols && !t.protected(y, x) {
			t.grid.split(y, x, c)
		}
	}
	for x := from; x < to; x++ {
		if !t.protected(y, x) {
			t.grid.fill(y, x, x+1, c)
		}
	}
}

func (t *Terminal) protected(y, x int) bool {
	id := t.grid.row(y)[x].style()
	return t.tables.styles.styles[id].Attrs&AttrProtected != 0
}

// eraseInLine is EL and DECSEL. A pending wrap stays, and nothing is then to the
// right of the cursor, as in most terminals, xterm not among them: what fills a
// line and then erases to its end keeps its last character.
func (t *Terminal) eraseInLine(what int, selective bool) {
	y, cols := t.cur.row, t.grid.size.Cols
	switch what {
	case 0:
		if t.cur.pending {
			return
		}
		if t.cur.col == 0 {
			t.grid.info(y).flags &^= rowContinues
		}
		t.erase(y, t.cur.col, cols, selective)
	case 1:
		t.erase(y, 0, t.cur.col+1, selective)
	case 2:
		t.grid.info(y).flags &^= rowContinues
		t.erase(y, 0, cols, selective)
	}
}

// eraseInDisplay is ED and DECSED. At a pending wrap the last column counts as the
// cursor's, and the wrap is off, as in xterm.
func (t *Terminal) eraseInDisplay(what int, selective bool) {
	rows := t.grid.size.Rows
	switch what {
	case 0:
		t.cur.pending = false // else EL would erase nothing
		t.eraseInLine(0, selective)
		t.eraseRows(t.cur.row+1, rows, selective)
	case 1:
		t.cur.pending = false
		t.eraseRows(0, t.cur.row, selective)
		t.grid.info(t.cur.row).flags &^= rowContinues
		t.erase(t.cur.row, 0, t.cur.col+1, selective)
		if t.cur.col == t.grid.size.Cols-1 && t.cur.row+1 < rows {
			t.grid.info(t.cur.row + 1).flags &^= rowContinues
		}
	case 2:
		t.cur.pending = false
		t.eraseRows(0, rows, selective)
	case 22:
		t.cur.pending = false
		t.keepScreen()
		t.eraseRows(0, rows, selective)
	case 3:
		if !t.onAlt && !selective {
			t.hist.clear()
			t.prim.info(0).flags &^= rowContinues
		}
	}
}

// keepScreen makes history of the primary screen down to its last row that is not
// blank, as kitty does for CSI 22 J before it erases the screen.
func (t *Terminal) keepScreen() {
	if t.onAlt {
		return
	}
	rows := t.grid.size.Rows
	for rows > 0 && !slices.ContainsFunc(t.grid.usedRow(rows-1), cell.visible) {
		rows--
	}
	t.worked(rows, t.grid.size.Cols)
	for y := range rows {
		t.hist.push(t.grid.usedRow(y), t.grid.line(y, &t.tables.marks), &t.tables)
	}
}

// eraseRows erases the rows from, ..., to-1.
func (t *Terminal) eraseRows(from, to int, selective bool) {
	for y := from; y < to; y++ {
		t.grid.info(y).flags = 0
		t.erase(y, 0, t.grid.size.Cols, selective)
	}
}

// clearScreen makes all cells empty, protected or not.
func (t *Terminal) clearScreen() {
	c := t.erased()
	t.worked(t.grid.size.Rows, t.grid.size.Cols)
	for y := range t.grid.size.Rows {
		t.grid.reset(y, c)
	}
}

// eraseCharacters is ECH.
func (t *Terminal) eraseCharacters(n int) {
	t.cur.pending = false
	t.erase(t.cur.row, t.cur.col, min(t.cur.col+n, t.grid.size.Cols), false)
}

// alignment is DECALN: the screen full of E, the margins and the pen reset, but for
// its colours.
func (t *Terminal) alignment() {
	t.resetMargins()
	fg, bg := t.cur.pen.FG, t.cur.pen.BG
	t.cur.pen.plain()
	t.cur.pen.FG, t.cur.pen.BG = fg, bg
	t.penStale = true
	t.cur.origin = false
	t.home()
	t.worked(t.grid.size.Rows, t.grid.size.Cols)
	for y := range t.grid.size.Rows {
		t.grid.info(y).flags = 0
		t.grid.fill(y, 0, t.grid.size.Cols, 'E')
	}
}
