package vt

// Resize changes the size of the terminal.
func (t *Terminal) Resize(size Size) {
	size = size.clip()
	if size == t.prim.size {
		return
	}
	t.resizePrimary(size)
	if t.alt.cells != nil {
		t.alt = t.alt.resized(size, 0)
	}
	t.resetMargins()
	t.clampCursors(size)
}

func (t *Terminal) clampCursors(size Size) {
	for _, c := range []*cursor{&t.cur, &t.saved[0], &t.saved[1]} {
		if c.row >= size.Rows || c.col >= size.Cols {
			c.pending = false
		}
		c.row = min(c.row, size.Rows-1)
		c.col = min(c.col, size.Cols-1)
	}
}

// resized returns a grid of another size with the rows of g from top on, cut off
// where they are too long.
func (g *grid) resized(size Size, top int) grid {
	n := newGrid(size)
	for y := range min(size.Rows, g.size.Rows-top) {
		cells := g.usedRow(top + y)
		k := copy(n.row(y), cells)
		n.info(y).flags = g.info(top + y).flags
		n.info(y).used = uint16(k)
		if k > 0 && n.row(y)[k-1]&cellWide != 0 {
			n.row(y)[k-1] = n.row(y)[k-1].styleBits()
		}
	}
	return n
}

func (t *Terminal) resizePrimary(size Size) {
	top := max(0, t.cur.row-size.Rows+1)
	for y := range top {
		t.hist.push(t.prim.usedRow(y), t.prim.info(y).flags, &t.tables)
	}
	t.prim = t.prim.resized(size, top)
	t.cur.row -= top
}
