package vt

// insertCells makes room for n empty cells at column x of the cursor's row; what
// is pushed over the right margin is lost.
func (t *Terminal) insertCells(x, n int) {
	g, y := t.grid, t.cur.row
	end := t.right + 1
	n = min(n, end-x)
	t.worked(1, end-x)
	c := t.erased()
	g.split(y, x, c)
	g.split(y, end, c)
	row := g.row(y)
	g.split(y, end-n, c)
	used := int(g.info(y).used)
	copy(row[x+n:end], row[x:end-n])
	if used > x {
		g.touch(y, min(used+n, end))
	}
	g.fill(y, x, x+n, c)
}

// insertCharacters is ICH.
func (t *Terminal) insertCharacters(n int) {
	t.cur.pending = false
	if t.betweenMargins() {
		t.insertCells(t.cur.col, n)
	}
}

// deleteCharacters is DCH.
func (t *Terminal) deleteCharacters(n int) {
	t.cur.pending = false
	if !t.betweenMargins() {
		return
	}
	g, x, y := t.grid, t.cur.col, t.cur.row
	end := t.right + 1
	n = min(n, end-x)
	t.worked(1, end-x)
	c := t.erased()
	g.split(y, x, c)
	g.split(y, x+n, c)
	g.split(y, end, c)
	row := g.row(y)
	copy(row[x:end-n], row[x+n:end])
	g.fill(y, end-n, end, c)
}

// insertLines is IL.
func (t *Terminal) insertLines(n int) {
	t.editLines(n, t.moveDown, -1)
}

// deleteLines is DL.
func (t *Terminal) deleteLines(n int) {
	t.editLines(n, t.moveUp, 1)
}

// editLines scrolls the lines from the cursor's to the bottom margin, by whole
// where the margins allow it, and puts the cursor at the left margin.
func (t *Terminal) editLines(n int, move func(y, n int), sign int) {
	if !t.insideMargins() {
		return
	}
	y := t.cur.row
	n = min(n, t.bottom-y+1)
	t.cur.pending = false
	t.cur.col = t.left
	if t.fullWidth() {
		move(y, n)
		return
	}
	t.shiftRows(y, sign*n)
}

// shiftColumns moves the columns x, ..., t.right between the top and bottom margins
// by n to the right, or by -n to the left. A pending wrap stays pending, as in
// xterm.
func (t *Terminal) shiftColumns(x, n int) {
	c := t.erased()
	end := t.right + 1
	k := min(max(n, -n), end-x)
	t.worked(t.bottom-t.top+1, end-x)
	for y := t.top; y <= t.bottom; y++ {
		g := t.grid
		g.split(y, x, c)
		g.split(y, end, c)
		row := g.row(y)
		g.touch(y, end)
		if n > 0 {
			g.split(y, end-k, c)
			copy(row[x+k:end], row[x:end-k])
			g.fill(y, x, x+k, c)
			continue
		}
		g.split(y, x+k, c)
		copy(row[x:end-k], row[x+k:end])
		g.fill(y, end-k, end, c)
	}
}

// scrollColumns is SL (n < 0) and SR (n > 0).
func (t *Terminal) scrollColumns(n int) {
	if t.insideMargins() {
		t.shiftColumns(t.left, n)
	}
}

// editColumns is DECIC (n > 0) and DECDC (n < 0).
func (t *Terminal) editColumns(n int) {
	if t.insideMargins() {
		t.shiftColumns(t.cur.col, n)
	}
}

// backIndex is DECBI: left a column, at the left margin scrolling instead. Above and
// below the margins nothing scrolls.
func (t *Terminal) backIndex() {
	if t.cur.col == t.left {
		t.scrollColumns(1)
		return
	}
	t.moveTo(t.cur.row, t.cur.col-1)
}

// forwardIndex is DECFI: right a column, at the right margin scrolling instead.
func (t *Terminal) forwardIndex() {
	if t.cur.col == t.right {
		t.scrollColumns(-1)
		return
	}
	t.moveTo(t.cur.row, t.cur.col+1)
}
