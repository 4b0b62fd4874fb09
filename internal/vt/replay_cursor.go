package vt

// cursor places the cursor; top and left are what origin mode counts from. A
// pending wrap comes of printing the last cell again, before the right margin.
func (w *writer) cursor(c *cursor, g *grid, top, left, right int) {
	row := min(c.row, g.size.Rows-1)
	col := min(c.col, g.size.Cols-1)
	if !c.pending || col != right && col != g.size.Cols-1 {
		w.moveTo(row-top, col-left)
		return
	}
	if col > 0 && g.row(row)[col]&cellTail != 0 {
		col--
	}
	w.moveTo(row-top, col-left)
	w.printCell(g.row(row)[col])
}

// printCell prints a cell where the cursor is.
func (w *writer) printCell(c cell) {
	w.setPen(&w.s.styles[c.style()])
	text := c.text(w.s.clusters)
	if text == "" {
		text = " "
	}
	w.text([]byte(text), c.width())
}

// lastCell returns the column of the character that was printed last, if printing
// it again does what printing it did: a terminal then also knows what REP
// repeats and what a combining mark joins.
func (s *Snapshot) lastCell() (x int, ok bool) {
	if s.last == 0 || !s.cur.sets.plain() || s.on(modeInsert) {
		return 0, false
	}
	x = s.cur.col
	if !s.cur.pending {
		x--
	}
	row := s.active().row(s.cur.row)
	if x > 0 && row[x]&cellTail != 0 {
		x--
	}
	if x < 0 || row[x].empty() || s.styles[row[x].style()] != s.cur.pen {
		return 0, false
	}
	if s.cur.origin && (x < s.left || s.cur.row < s.top) {
		return 0, false
	}
	if row[x]&cellCluster == 0 {
		return x, row[x]&cellRune == cell(s.last)
	}
	return x, s.on(modeGraphemes) || !needsGraphemes([]byte(row[x].text(s.clusters)), row[x].width())
}
