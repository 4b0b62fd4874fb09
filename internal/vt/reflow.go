package vt

// place is a cell of the primary screen or its scrollback. Whether it is known by
// its row, as lines are wrapped now, or by its line, as programs wrote it, the
// reflower finds where it comes to be.
type place struct {
	oldRow, oldCol int // oldRow counts from the oldest row; -1 if the line is known
	line, cell     int // line counts from the oldest
	row, col       int // found: row counts from the oldest
}

// resizeMark is what Resize remembers until something is written, so that
// resizing to and fro leads back to where it began.
type resizeMark struct {
	valid    bool
	rows     int      // of the screen where it began
	used     int      // rows of the screen as it is now, blank ones below them not counted
	atBottom bool     // no row was blank below the cursor
	places   [3]place // of the screen's top and the cursors; line counts from the end
	below    history  // the rows that are cut off below the cursor now
}

// reflow gives the primary screen another size. The rows in use join the history,
// all of which is wrapped anew, and then the newest rows become the screen again. In a
// window that has become smaller the cursor's row stays, and what is below it is cut
// off first, as in xterm, VTE, xterm.js and tmux.
func (t *Terminal) reflow(size Size) {
	cur := t.primaryCursor()
	last := t.lastRow(cur.row)
	if t.mark.valid {
		last = t.mark.used - 1
	}
	used := last + 1 + t.mark.below.lines
	old := t.hist
	old.maxLines = max(old.maxLines, 0) + used
	for y := range last + 1 {
		old.push(t.prim.usedRow(y), t.prim.line(y, &t.tables.marks), &t.tables)
	}
	above := old.lines - last - 1
	t.mark.below.pushTo(&old, &t.tables)

	r := reflower{cols: size.Cols, oldCols: t.prim.size.Cols}
	r.hist = history{maxBytes: t.hist.maxBytes, gen: 1}
	r.hist.maxLines = max(t.hist.maxLines, 0) + size.Rows + used*(1+r.oldCols/r.cols)
	r.hist.lost = old.dropped()
	r.places = [3]place{{oldRow: above}, cur.place(above, last), t.saved[0].place(above, last)}
	view := old.view()
	lines := countLines(&view)
	if t.mark.valid {
		r.places = t.mark.counted(lines)
	}
	r.run(&view)
	if !t.mark.valid {
		t.mark = resizeMark{valid: true, rows: t.prim.size.Rows, atBottom: last == t.prim.size.Rows-1, places: r.places}
		t.mark.places = t.mark.counted(lines)
	}

	top, end := t.mark.window(&r, size)
	t.mark.used = end - top
	t.mark.below = r.hist.cut(r.rows-end, &r.tables)
	t.adopt(&r.hist, size, end-top)
	if !t.onAlt {
		t.cur.restore(r.places[1], top, size)
	}
	// A cursor that was never saved is not anywhere in the text: it stays at home.
	if t.saved[0] != (cursor{}) {
		t.saved[0].restore(r.places[2], top, size)
	}
}

// primaryCursor returns where the cursor is, or will be, on the primary screen. A
// program that went to the alternate one without saving it comes back anywhere:
// nothing is then below.
func (t *Terminal) primaryCursor() *cursor {
	switch {
	case !t.onAlt:
		return &t.cur
	case t.saved[0] == cursor{}:
		return &cursor{row: t.lastRow(0)}
	}
	return &t.saved[0]
}

// window returns which rows become the screen.
func (m *resizeMark) window(r *reflower, size Size) (top, end int) {
	first, cursor := r.places[0].row, r.places[1].row
	end = min(r.rows, cursor+size.Rows)
	if size.Rows < m.rows {
		end = min(r.rows, max(cursor+1, first+size.Rows))
	}
	top = max(first, end-size.Rows)
	if m.atBottom {
		top = end - size.Rows
	}
	top = max(top, r.rows-r.hist.lines, 0)
	return top, max(top, end)
}

// cut takes the newest n lines off and returns them.
func (h *history) cut(n int, t *cellTables) history {
	if n <= 0 {
		return history{}
	}
	cut := history{maxLines: n, maxBytes: h.maxBytes, gen: 1}
	v := h.view()
	var buf []cell
	v.each(v.lines-n, func(l historyLine) bool {
		buf = l.appendCells(buf[:0], t)
		cut.push(buf, l.info(), t)
		return true
	})
	h.truncate(n)
	return cut
}

// pushTo appends the lines to another history.
func (h *history) pushTo(to *history, t *cellTables) {
	v := h.view()
	var buf []cell
	v.each(0, func(l historyLine) bool {
		buf = l.appendCells(buf[:0], t)
		to.push(buf, l.info(), t)
		return true
	})
}

// counted returns the places with their lines counted from the other end.
func (m *resizeMark) counted(lines int) [3]place {
	p := m.places
	for i := range p {
		p[i].oldRow = -1
		p[i].line = lines - 1 - p[i].line
	}
	return p
}

// lastRow returns the last row of the primary screen that is not blank, at least
// the cursor's.
func (t *Terminal) lastRow(cursor int) int {
	y := t.prim.size.Rows - 1
	for y > cursor && len(trim(t.prim.usedRow(y))) == 0 {
		y--
	}
	return y
}

// place returns the cell that the next character goes to.
func (c *cursor) place(above, last int) place {
	p := place{oldRow: above + min(c.row, last), oldCol: c.col}
	if c.pending {
		p.oldCol++
	}
	return p
}

// restore puts the cursor at its place. Behind the last cell of a full row the
// wrap is pending.
func (c *cursor) restore(p place, top int, size Size) {
	c.row = min(max(p.row-top, 0), size.Rows-1)
	c.col = min(p.col, size.Cols-1)
	c.pending = p.col == size.Cols
}

// countLines returns how many lines there are, continued ones counted once.
func countLines(v *historyView) int {
	n := 0
	v.each(0, func(l historyLine) bool {
		if n == 0 || l.flags&rowContinues == 0 {
			n++
		}
		return true
	})
	return n
}

// adopt makes h the history but for its newest n rows, which become the screen.
func (t *Terminal) adopt(h *history, size Size, n int) {
	t.prim = newGrid(size)
	if len(t.tables.marks.texts) >= t.tables.marks.limit {
		t.collectMarks()
	}
	v := h.view()
	y := 0
	v.each(v.lines-n, func(l historyLine) bool {
		cells := l.appendCells(t.prim.row(y)[:0], &t.tables)
		t.prim.touch(y, len(cells))
		t.prim.setLine(y, l.info(), &t.tables.marks)
		y++
		return true
	})
	h.truncate(n)
	h.maxLines, h.maxBytes = t.hist.maxLines, t.hist.maxBytes
	t.hist = *h
	t.hist.evict()
}

// reflower wraps lines anew, from one history to another.
type reflower struct {
	cols, oldCols int
	places        [3]place
	hist          history
	rows          int // written to hist, whether it kept them or not
	tables        cellTables

	line     []cell // the line being joined
	number   int    // of that line
	info     lineInfo
	rowStart int // where the last row that was joined begins
}

// maxReflowStyles bounds the styles that a reflow numbers at a time.
const maxReflowStyles = 1 << 16

func (r *reflower) run(v *historyView) {
	r.tables.styles = newStyleTable()
	row := 0
	var buf []cell
	v.each(0, func(l historyLine) bool {
		joins := row > 0 && l.flags&rowContinues != 0
		if row > 0 && !joins {
			r.flush()
			r.number++
		}
		// Only now, since flush may begin new tables.
		buf = l.appendCells(buf[:0], &r.tables)
		if joins {
			r.join(buf)
			r.info.join(l.info())
		} else {
			r.rowStart, r.info = 0, l.info()
			r.line = r.line[:0]
		}
		r.line = append(r.line, buf...)
		for i := range r.places {
			if p := &r.places[i]; p.oldRow == row {
				p.line, p.cell = r.number, r.rowStart+p.oldCol
			}
		}
		row++
		return true
	})
	r.flush()
}

// join fills the line up to where the next row, which continues it, begins: the
// width that rows had, less one where a wide character did not fit.
func (r *reflower) join(next []cell) {
	end := r.rowStart + r.oldCols
	if len(next) > 0 && next[0]&cellWide != 0 && (len(r.line) < end || r.line[end-1].empty()) {
		end--
		r.line = r.line[:min(end, len(r.line))]
	}
	for len(r.line) < end {
		r.line = append(r.line, 0)
	}
	r.rowStart = end
}

// flush writes the line in rows of the new width.
func (r *reflower) flush() {
	cells := trim(r.line)
	text := len(cells)
	for text > 0 && cells[text-1].empty() {
		text--
	}
	info := r.info
	for start := 0; ; {
		end := min(start+r.cols, len(cells))
		if end < text && cells[end]&cellTail != 0 {
			end--
		} else if end < text && cells[end]&cellWide != 0 && cells[end-1].empty() {
			cells[end-1] |= ' ' // or join would take it for one left free
		}
		if end == start && end < text { // a wide character and a single column
			cells[start], cells[start+1] = '?', 0
			end++
		}
		last := end >= text
		r.settle(start, end, last)
		r.hist.push(cells[start:end], info, &r.tables)
		r.rows++
		info = lineInfo{flags: rowContinues}
		if last {
			break
		}
		start = end
	}
	if len(r.tables.styles.styles) > maxReflowStyles || len(r.tables.clusters.texts) > maxReflowStyles {
		r.tables = cellTables{styles: newStyleTable()}
		r.hist.forgetStyles()
	}
}

// settle finds the places that are in the cells start, ..., end-1 of the line, or
// behind them if these are its last.
func (r *reflower) settle(start, end int, last bool) {
	for i := range r.places {
		p := &r.places[i]
		if p.line != r.number || p.cell < start || p.cell >= end && !last {
			continue
		}
		p.row, p.col = r.rows, p.cell-start
		if p.col > r.cols {
			p.col = r.cols - 1
		}
	}
}
