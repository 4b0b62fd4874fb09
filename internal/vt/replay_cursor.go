package vt

import "unicode/utf8"

// cursor places the cursor; top and left are what origin mode counts from. A
// pending wrap comes of printing the last cell again, before the right margin. If
// that is gone by now, another is there for the time being: there must be no left
// and right margins then.
func (w *writer) cursor(c *cursor, g *grid, top, left, right int) {
	row := min(c.row, g.size.Rows-1)
	col := min(c.col, g.size.Cols-1)
	cell := g.row(row)[col]
	passing := c.pending && col != right && col != g.size.Cols-1
	if !c.pending || passing && (col == 0 || cell&cellWide != 0) {
		w.moveTo(row-top, col-left)
		return
	}
	if passing {
		w.str("\x1b[?69h")
		w.csi("s", 1, col+1)
	}
	if cell&cellTail != 0 {
		col--
		cell = g.row(row)[col]
	}
	w.moveTo(row-top, col-left)
	w.printCell(cell)
	if passing {
		w.str("\x1b[?69l")
	}
}

// lastCursor places the cursor when the margins are set. A wrap that is pending
// where no margin is, while there are others, can only have come with DECRC.
func (w *writer) lastCursor(top, left int) {
	s := w.s
	c, saved := &s.cur, &s.saved[s.screenIndex()]
	if !s.on(modeLeftRight) || !c.pending || c.col == s.right || c.col == s.Size().Cols-1 {
		w.cursor(c, s.active(), top, left, s.right)
		return
	}
	if !saved.pending || saved.row != c.row || saved.col != c.col || saved.origin != c.origin {
		w.moveTo(c.row-top, c.col-left)
		return
	}
	w.str("\x1b8")
	w.pen = saved.pen
	w.pen.Link = nil // which is not saved
	if saved.sets != (charsets{}) {
		w.str(plainSets)
	}
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
	shift  int    // the same where nothing can be deleted, outside the margins
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
	if s.on(modeInsert) {
		a.insert = row[x].width()
		if x < s.left || x > s.right {
			a.insert, a.shift = 0, a.insert
		}
	}
	a.text, ok = s.typed(row[x].text(s.clusters))
	return a, ok
}

// shiftBack paints what stands behind column x of the cursor's row where it stood
// before n columns were inserted there, for that to be done again.
func (w *writer) shiftBack(x, n int) {
	s := w.s
	row, end := s.active().row(s.cur.row), s.Size().Cols
	if x <= s.right {
		end = s.right + 1
	}
	w.moveTo(s.cur.row, x)
	for _, c := range row[min(x+n, end):end] {
		if c&cellTail == 0 {
			w.printCell(c)
		}
	}
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
