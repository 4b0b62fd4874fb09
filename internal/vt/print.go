package vt

import "unicode/utf8"

// rightLimit is the last column that the cursor reaches by itself: the right
// margin, unless it is beyond that already.
func (t *Terminal) rightLimit() int {
	if t.cur.col <= t.right {
		return t.right
	}
	return t.grid.size.Cols - 1
}

// printASCII prints a run of printable ASCII.
func (t *Terminal) printASCII(b []byte) {
	if !t.cur.sets.plain() || t.on(modeInsert|modeGraphemes) {
		for _, c := range b {
			t.printRune(rune(c))
		}
		return
	}
	pen := t.pen()
	t.last = rune(b[len(b)-1])
	for len(b) > 0 {
		if t.cur.pending {
			t.wrap()
		}
		x := t.cur.col
		room := t.rightLimit() - x + 1
		n := min(room, len(b))
		if n < len(b) && !t.on(modeWrap) {
			// Without wrapping, only the last of the rest stays in the last column.
			b = append(b[:n-1:n-1], b[len(b)-1])
		}
		t.putASCII(x, b[:n], pen)
		b = b[n:]
		if n == room {
			t.cur.col = x + n - 1
			t.cur.pending = true
		} else {
			t.cur.col = x + n
		}
	}
}

// putASCII writes b into the cursor's row from column x on.
func (t *Terminal) putASCII(x int, b []byte, pen cell) {
	y := t.cur.row
	m, row := t.grid.info(y), t.grid.row(y)
	end := x + len(b)
	if x < int(m.used) { // halves of wide characters that b covers the other half of
		if x > 0 && row[x]&cellTail != 0 {
			row[x-1] = pen
		}
		if end < len(row) && row[end]&cellTail != 0 {
			row[end] = pen
		}
	}
	dst := row[x:end]
	for i, c := range b {
		dst[i] = pen | cell(c)
	}
	if int(m.used) < end {
		m.used = uint16(end)
	}
}

// printText prints characters one after the other.
func (t *Terminal) printText(text []rune) {
	simple := t.cur.sets.plain() && !t.on(modeInsert|modeGraphemes)
	for len(text) > 0 {
		n := 0
		if simple && !t.cur.pending {
			n = t.putText(text)
		}
		if n == 0 {
			t.printRune(text[0])
			n = 1
		}
		text = text[n:]
	}
}

// putText writes as many of the characters as are in no way special and do not
// reach the last column, and returns how many that were.
func (t *Terminal) putText(text []rune) int {
	g, y, x := t.grid, t.cur.row, t.cur.col
	pen, limit := t.pen(), t.rightLimit()
	m, row := g.info(y), g.row(y)
	n := 0
	for _, r := range text {
		w := runeWidth(r)
		if w == 0 || x+w > limit {
			break
		}
		if n == 0 && x < int(m.used) {
			g.split(y, x, pen)
		}
		row[x] = pen | cell(r)
		if w == 2 {
			row[x] |= cellWide
			row[x+1] = pen | cellTail
		}
		x += w
		n++
	}
	if n == 0 {
		return 0
	}
	if row[x]&cellTail != 0 { // what it was the second half of is gone
		row[x] = pen
	}
	m.used = max(m.used, uint16(x))
	t.cur.col = x
	t.last = text[n-1]
	return n
}

// printRune prints one character.
func (t *Terminal) printRune(r rune) {
	typed := r
	if r < 0x80 {
		if !t.cur.sets.plain() {
			r = t.cur.sets.current().translate(r)
		}
	} else {
		t.cur.sets.single = 0
	}
	if t.on(modeGraphemes) && t.joinCluster(r) {
		return
	}
	w := runeWidth(r)
	if w == 0 {
		t.combine(r)
		return
	}
	t.put(cell(r), w)
	t.last = typed
}

// put writes a character that takes w columns at the cursor and moves it on.
func (t *Terminal) put(c cell, w int) {
	if w > t.grid.size.Cols {
		return
	}
	if t.cur.pending && t.on(modeWrap) {
		t.wrap()
	}
	limit := t.rightLimit()
	if t.cur.col+w-1 > limit {
		// A wide character in the last column.
		if !t.on(modeWrap) {
			return
		}
		t.grid.split(t.cur.row, t.cur.col, t.pen())
		t.grid.split(t.cur.row, limit+1, t.pen())
		t.grid.fill(t.cur.row, t.cur.col, limit+1, t.pen())
		t.wrap()
		limit = t.rightLimit()
		if t.cur.col+w-1 > limit {
			return
		}
	}
	if t.on(modeInsert) && t.betweenMargins() {
		t.insertCells(t.cur.col, w)
	}
	g, x, y := t.grid, t.cur.col, t.cur.row
	pen := t.pen()
	m := g.info(y)
	if x < int(m.used) {
		g.split(y, x, pen)
		g.split(y, x+w, pen)
	}
	row := g.row(y)
	if w == 2 {
		row[x] = c | cellWide | pen
		row[x+1] = cellTail | pen
	} else {
		row[x] = c | pen
	}
	m.used = max(m.used, uint16(x+w))
	t.cur.pending = x+w > limit
	t.cur.col = min(x+w, limit)
}

// wrap goes on with the next line because this one is full.
func (t *Terminal) wrap() {
	t.cur.pending = false
	if !t.on(modeWrap) {
		return
	}
	t.index()
	t.carriageReturn()
	if t.left == 0 {
		t.grid.info(t.cur.row).flags |= rowContinues
	}
}

// before returns the column of the character that was printed last as far as the
// cursor tells: that which a combining mark joins. ok is false at a line's start.
func (t *Terminal) before() (x int, ok bool) {
	x = t.cur.col
	if !t.cur.pending {
		x--
	}
	if x < 0 {
		return 0, false
	}
	if x > 0 && t.grid.row(t.cur.row)[x]&cellTail != 0 {
		x--
	}
	return x, true
}

// combine adds a character without a width to the one before the cursor. An empty
// cell counts as a space: it looks the same.
func (t *Terminal) combine(r rune) {
	x, ok := t.before()
	if !ok {
		return
	}
	c := &t.grid.row(t.cur.row)[x]
	if c.empty() {
		*c |= ' '
		t.grid.touch(t.cur.row, x+1)
	}
	*c = t.withRune(*c, r)
}

// withRune returns c with r added to its text.
func (t *Terminal) withRune(c cell, r rune) cell {
	text := c.text(t.tables.clusters.texts)
	if len(text)+utf8.RuneLen(r) > maxCluster {
		return c
	}
	id := t.clusterID(text + string(r))
	return c&^cellRune | cellCluster | cell(id)
}

// repeat is REP: it prints the last character n times more, as the set in GL has it
// (a single shift is over), as in xterm. Of more than the screen holds, so many
// are left out as make no difference to the screen.
func (t *Terminal) repeat(r rune, n int) {
	if r == 0 {
		return
	}
	perLine := max((t.right-t.left+1)/max(runeWidth(r), 1), 1)
	if all := perLine * t.grid.size.Rows; n > all {
		n = all + (n-all)%perLine
	}
	t.work += n
	if r >= 0x80 || !t.cur.sets.plain() {
		if r < 0x80 {
			r = t.cur.sets.current().translate(r)
		}
		for range n {
			t.put(cell(r), max(runeWidth(r), 1))
		}
		return
	}
	var buf [256]byte
	for i := range buf {
		buf[i] = byte(r)
	}
	for ; n > 0; n -= len(buf) {
		t.printASCII(buf[:min(n, len(buf))])
	}
}
