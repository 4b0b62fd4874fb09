package vt

import "unicode/utf8"

// cursor places the cursor; top and left are what origin mode counts from. A
// pending wrap comes of printing the last cell again, before the right margin.
func (w *writer) cursor(c *cursor, g *grid, top, left, right int) {
	last := g.size.Cols - 1
	row, col := min(c.row, g.size.Rows-1), min(c.col, last)
	switch {
	case !c.pending:
		w.moveTo(row-top, col-left)
	case col == right || col == last:
		w.pendingCursor(g, row, col, top, left)
	default:
		w.passedCursor(g, row, col, top, left, right)
	}
}

// pendingCursor places the cursor at column col, where a line ends, with a wrap
// pending.
func (w *writer) pendingCursor(g *grid, row, col, top, left int) {
	if g.row(row)[col]&cellTail != 0 {
		col--
	}
	w.moveTo(row-top, col-left)
	w.printCell(g.row(row)[col])
}

// passedCursor places the cursor with a wrap pending where no line ends: CBT brings it
// there from where the line ends, to a tab stop that is set for the time being if
// there is none. No margin could do that at all levels of conformance.
func (w *writer) passedCursor(g *grid, row, col, top, left, right int) {
	end := g.size.Cols - 1
	if col < right {
		end = right
	}
	if g.row(row)[end]&cellWide != 0 {
		w.moveTo(row-top, col-left)
		return
	}
	stops := w.s.tabs.count(max(col, 1), end) + 1 - min(col, 1)
	passing := col > 0 && !w.s.tabs.has(col)
	if passing {
		w.moveTo(row-top, col-left)
		w.str("\x1bH")
		stops++
	}
	w.pendingCursor(g, row, end, top, left)
	w.csi("Z", stops)
	if passing {
		w.str("\x1b[g")
	}
}

// lastCursor places the cursor when the margins are set. A wrap that is pending
// where no line ends may have come with DECRC, and comes so again.
func (w *writer) lastCursor(top, left int) {
	s := w.s
	c, saved := &s.cur, &s.saved[s.screenIndex()]
	ends := c.col == s.right || c.col == s.Size().Cols-1
	again := saved.pending && saved.row == c.row && saved.col == c.col && saved.origin == c.origin
	if !c.pending || ends || !again {
		w.cursor(c, s.active(), top, left, s.right)
		return
	}
	w.str("\x1b8")
	w.pen = saved.pen
	w.pen.Link = nil // which is not saved
	if saved.sets != (charsets{}) {
		w.str(plainSets)
	}
}

// moveBehind places the cursor at column col of a row of the screen that is shown. If
// terminals may differ in how wide something before it is, that is painted anew, and
// the cursor is then behind it on each of them; elsewhere it could be in the midst of
// what it was behind, and what is printed next there twice.
func (w *writer) moveBehind(row, col, top, left int) {
	cells := w.s.active().row(row)
	x := 0
	for x < col && !w.s.unsettled(cells[x]) {
		x++
	}
	if x == col || cells[col]&cellTail != 0 || w.columns {
		w.moveTo(row-top, col-left)
		return
	}
	w.moveTo(row-top, x-left)
	w.line = painted{any: true, col: x}
	w.paint(cells[x:col])
	w.skip(false)
}

// unsettled tells whether terminals differ in how wide a cell is.
func (s *Snapshot) unsettled(c cell) bool {
	return c&cellCluster != 0 || unsettledWidth(rune(c&cellRune))
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

// again is how to print the last character once more, so that a terminal knows
// what REP repeats and what a combining mark joins.
type again struct {
	x      int    // where
	text   string // with the charsets in force
	insert int    // in insert mode: how many columns to delete first
}

// again returns how to print the last character again with the same result; ok is
// false if nothing does that.
func (s *Snapshot) again() (a again, ok bool) {
	if s.last == 0 {
		return again{}, false
	}
	x := s.cur.col
	if !s.cur.pending {
		x--
	}
	row := s.active().row(s.cur.row)
	if x > 0 && row[x]&cellTail != 0 {
		x--
	}
	if x < 0 || row[x].empty() || s.styles[row[x].style()] != s.cur.pen || !s.rightText(row[x]) {
		return again{}, false
	}
	if s.cur.origin && (x < s.left || s.cur.row < s.top) {
		return again{}, false
	}
	a = again{x: x}
	if s.on(modeInsert) && x >= s.left && x <= s.right {
		a.insert = row[x].width()
	}
	a.text, ok = s.typed(row[x].text(s.clusters))
	return a, ok
}

// rightText tells whether printing the cell's text makes such a cell and leaves
// the last character as it is.
func (s *Snapshot) rightText(c cell) bool {
	text := c.text(s.clusters)
	if r, _ := utf8.DecodeRuneInString(text); s.last >= utf8.RuneSelf && r != s.last {
		return false
	}
	return c&cellCluster == 0 || s.on(modeGraphemes) || !needsGraphemes([]byte(text), c.width())
}

// typed returns what a program must print to have text, which begins with the last
// character, on the screen: in a charset other than ASCII the key that was hit, if
// need be after a single shift.
func (s *Snapshot) typed(text string) (string, bool) {
	if s.last >= utf8.RuneSelf {
		return text, true
	}
	r, n := utf8.DecodeRuneInString(text)
	sets := &s.cur.sets
	for _, from := range []struct {
		set   charset
		shift string
	}{{sets.g[sets.gl], ""}, {sets.g[2], "\x1bN"}, {sets.g[3], "\x1bO"}} {
		if from.set.translate(s.last) == r {
			return from.shift + string(s.last) + text[n:], true
		}
	}
	return "", false
}

// tooWide tells whether the last character was a wide one that found no room, for
// want of autowrap or of a second column: printed anew, it does so again.
func (s *Snapshot) tooWide() bool {
	cols := s.Size().Cols
	if runeWidth(s.last) != 2 || s.on(modeWrap) && cols > 1 {
		return false
	}
	return s.cur.col == s.right || s.cur.col == cols-1
}
