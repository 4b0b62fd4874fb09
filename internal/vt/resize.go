package vt

// Resize changes the size of the terminal. Lines of the primary screen and its
// scrollback that were wrapped are wrapped anew, and the cursor stays on its
// character; the alternate screen is cut off or filled up, since its program
// paints it anew. The margins are reset.
//
// No text of the primary screen is lost, but to the bounds of the scrollback, and what
// is below the cursor where a smaller window has no room for it; going back to the
// former size gives the former screen if nothing was written in between. A prompt that
// its shell is about to draw anew makes way for that. Synchronised output ends: what is
// coming is for another size.
func (t *Terminal) Resize(size Size) {
	size = size.clip()
	if size == t.prim.size {
		return
	}
	t.setMode(modeSync, false)
	if !t.onAlt {
		t.clearPrompt()
	}
	t.reflow(size)
	if t.alt.cells != nil {
		t.resizeAlt(size)
	}
	t.last = 0
	t.resetMargins()
	for _, c := range []*cursor{&t.cur, &t.saved[0], &t.saved[1]} {
		c.fit(size)
	}
	t.reportSize()
}

// clearPrompt blanks the lines of a prompt that is shown if its shell said that it
// draws it anew when the size changes, all of it or its last line. Else the old one
// would stand above the new one, wrapped in another way. kitty does the same.
// https://sw.kovidgoyal.net/kitty/shell-integration/#notes-for-shell-developers
func (t *Terminal) clearPrompt() {
	y := t.cur.row
	for y > 0 && t.grid.info(y).flags&(rowPrompt|rowOutput) == 0 {
		y--
	}
	l := t.grid.line(y, &t.tables.marks)
	if l.flags&rowPrompt == 0 || l.flags&rowOutput != 0 {
		return
	}
	switch l.option("redraw") {
	case "1":
	case "last":
		for y = t.cur.row; y > 0 && t.grid.info(y).flags&rowContinues != 0; y-- {
		}
	default:
		return
	}
	t.mark = resizeMark{}
	for ; y < t.grid.size.Rows; y++ {
		t.grid.fill(y, 0, t.grid.size.Cols, 0)
		t.grid.part(y)
	}
}

// fit moves the cursor onto a screen of that size. A wrap is only pending in the
// last column.
func (c *cursor) fit(size Size) {
	c.row = min(c.row, size.Rows-1)
	c.col = min(c.col, size.Cols-1)
	c.pending = c.pending && c.col == size.Cols-1
}

// resizeAlt cuts the alternate screen off or fills it up. If the cursor's row
// would be cut off, rows are cut off at the top instead.
func (t *Terminal) resizeAlt(size Size) {
	top := 0
	if t.onAlt {
		top = max(0, t.cur.row-size.Rows+1)
		t.cur.row -= top
	}
	t.alt = t.alt.resized(size, top)
}

// resized returns a grid of another size with the rows of g from top on.
func (g *grid) resized(size Size, top int) grid {
	n := newGrid(size)
	for y := range min(size.Rows, g.size.Rows-top) {
		row := n.row(y)
		k := copy(row, g.usedRow(top+y))
		*n.info(y) = *g.info(top + y)
		n.info(y).used = uint16(k)
		if k > 0 && row[k-1]&cellWide != 0 {
			row[k-1] = row[k-1].styleBits()
		}
	}
	return n
}
