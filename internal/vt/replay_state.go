package vt

import (
	"fmt"
	"slices"
)

// tabStops sets the tab stops anew. DECST8C would be shorter, but few know it.
func (w *writer) tabStops() {
	w.str("\x1b[3g\r")
	at := 0
	for x := range w.cols {
		if !w.s.tabs.has(x) {
			continue
		}
		if x > at {
			w.csi("C", x-at)
		}
		w.str("\x1bH")
		at = x
	}
}

// colors sets what the program changed of the palette and the default colours.
func (w *writer) colors() {
	spec := func(c Color) string {
		r, g, b, _ := c.RGB()
		return fmt.Sprintf("rgb:%02x/%02x/%02x", r, g, b)
	}
	if p := w.s.palette; p != nil {
		for i, c := range p {
			if c != 0 {
				w.osc(4, fmt.Sprintf("%d;%s", i, spec(c)))
			}
		}
	}
	for i, c := range w.s.dynamic {
		if c != 0 {
			w.osc(10+i, spec(c))
		}
	}
}

// titles sets the titles, the stack below them first.
func (w *writer) titles() {
	for _, t := range w.s.titleStack {
		w.title(t)
		w.str("\x1b[22;0t")
	}
	w.title(w.s.title)
	if w.s.cwd != "" {
		w.osc(7, w.s.cwd)
	}
}

func (w *writer) title(t titles) {
	if t.icon == t.window {
		w.osc(0, t.window)
		return
	}
	w.osc(1, t.icon)
	w.osc(2, t.window)
}

// savedState sets what each screen has of its own, the saved cursor and the
// keyboard stack, and goes to the alternate screen and paints it if it is shown.
func (w *writer) savedState() {
	s := w.s
	w.kitty(&s.kitty[0])
	w.savedCursor(&s.saved[0], &s.prim)
	if !s.onAlt {
		if s.kitty[1].n > 0 {
			w.str("\x1b[?47h")
			w.kitty(&s.kitty[1])
			w.str("\x1b[?47l")
		}
		return
	}
	w.str("\x1b[?1049h")
	w.plainCursor(&s.saved[0])
	w.altRows()
	w.kitty(&s.kitty[1])
	if s.saved[1] != (cursor{}) {
		w.savedCursor(&s.saved[1], &s.alt)
		w.plainCursor(&s.saved[1])
	}
}

// altRows paints the alternate screen. If its first row continues one that is
// gone, painting begins at the bottom, where such a row can be had and lost.
func (w *writer) altRows() {
	g := &w.s.alt
	w.line = painted{}
	w.str("\x1b[H\x1b[J") // entering it cleared it in the saved pen
	if g.info(0).flags&rowContinues != 0 {
		w.moveTo(g.size.Rows-1, g.size.Cols-1)
		w.str(" ")
		w.line = painted{any: true, full: true}
	}
	w.grid(g)
}

func (w *writer) kitty(k *kittyStack) {
	for _, f := range k.flags[:k.n] {
		w.str("\x1b[>")
		w.params([]int{int(f)})
		w.str("u")
	}
}

// savedCursor makes c the saved cursor of the screen that the terminal is on. The
// next to come must be plainCursor, or the like.
func (w *writer) savedCursor(c *cursor, g *grid) {
	if c.origin {
		w.str("\x1b[?6h")
	}
	w.cursor(c, g, 0, 0)
	w.charsets(&c.sets)
	w.setPen(&c.pen)
	if g == &w.s.prim && w.s.onAlt {
		return // entering the alternate screen saves it
	}
	w.str("\x1b7")
	w.plainCursor(c)
}

// plainCursor undoes what setting up a saved cursor changed beside its place.
func (w *writer) plainCursor(c *cursor) {
	if c.origin {
		w.str("\x1b[?6l")
	}
	if c.sets != (charsets{}) {
		w.str(plainSets)
	}
	w.setPen(&Style{})
}

// cursor places the cursor; top and left are what origin mode counts from. A
// pending wrap comes of printing the last cell again.
func (w *writer) cursor(c *cursor, g *grid, top, left int) {
	row := min(c.row, g.size.Rows-1)
	col := min(c.col, g.size.Cols-1)
	if !c.pending {
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

// plainSets makes all sets ASCII. A single shift, which nothing undoes, then has
// no effect.
const plainSets = "\x1b(B\x1b)B\x1b*B\x1b+B\x0f"

// charsets designates and invokes the sets, which are ASCII so far.
func (w *writer) charsets(s *charsets) {
	for i, g := range s.g {
		if g != charsetASCII {
			w.dst = append(w.dst, 0x1b, "()*+"[i], byte(g))
		}
	}
	switch s.gl {
	case 1:
		w.dst = append(w.dst, 0x0e)
	case 2:
		w.str("\x1bn")
	case 3:
		w.str("\x1bo")
	}
}

// margins sets the margins, which homes the cursor.
func (w *writer) margins() {
	s := w.s
	size := s.Size()
	if s.on(modeLeftRight) {
		w.str("\x1b[?69h")
		if s.left != 0 || s.right != size.Cols-1 {
			w.csi("s", s.left+1, s.right+1)
		}
	}
	if s.top != 0 || s.bottom != size.Rows-1 {
		w.csi("r", s.top+1, s.bottom+1)
	}
}

// finish sets the modes, the cursor and the pen.
func (w *writer) finish() {
	s := w.s
	top, left := 0, 0
	if s.cur.origin {
		w.str("\x1b[?6h")
		top, left = s.top, s.left
	}
	g := s.active()
	again, reprint := s.lastCell()
	if reprint {
		w.moveTo(s.cur.row-top, again-left)
	} else {
		w.cursor(&s.cur, g, top, left)
	}
	w.modes()
	w.charsets(&s.cur.sets)
	if s.protectISO {
		w.str("\x1bV\x1bW")
		w.pen.Attrs &^= AttrProtected
	}
	w.setPen(&s.cur.pen)
	if reprint {
		w.str(g.row(s.cur.row)[again].text(s.clusters))
	}
	switch s.cur.sets.single {
	case 2:
		w.str("\x1bN")
	case 3:
		w.str("\x1bO")
	}
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

// privateNumbers is the modes of privateModes in the order of their numbers.
var privateNumbers = sortedModes(privateModes)

func sortedModes(m map[int]modeSet) []int {
	var n []int
	for k := range m {
		n = append(n, k)
	}
	slices.Sort(n)
	return n
}

// modes switches on what the program switched on, and off what it switched off.
func (w *writer) modes() {
	s := w.s
	var set, unset []int
	for _, n := range privateNumbers {
		m := privateModes[n]
		switch {
		case m == modeLeftRight || m == modeAppKeypad:
		case m == modeGraphemes && !s.on(m) && w.graphemes:
			unset = append(unset, n)
		case s.on(m) && defaultModes&m == 0:
			set = append(set, n)
		case !s.on(m) && defaultModes&m != 0:
			unset = append(unset, n)
		}
	}
	if s.mouse != mouseNone {
		set = append(set, int(s.mouse))
	}
	if s.mouseEnc != encodingDefault {
		set = append(set, int(s.mouseEnc))
	}
	if s.on(modeCursorVisible) {
		set = append(set, 25)
	}
	w.modeList(set, "h")
	w.modeList(unset, "l")
	w.ansiModes()
	w.keyboard()
}

func (w *writer) modeList(list []int, final string) {
	if len(list) > 0 {
		w.str("\x1b[?")
		w.params(list)
		w.str(final)
	}
}

func (w *writer) ansiModes() {
	for _, n := range []int{2, 4, 20} {
		if w.s.on(ansiModes[n]) {
			w.csi("h", n)
		}
	}
	if !w.s.on(modeSendReceive) {
		w.csi("l", 12)
	}
}

// keyboard sets how keys are told, and the cursor's shape.
func (w *writer) keyboard() {
	s := w.s
	if s.on(modeAppKeypad) {
		w.str("\x1b=")
	}
	if s.otherKeys != 0 {
		w.str("\x1b[>")
		w.params([]int{4, int(s.otherKeys)})
		w.str("m")
	}
	if s.cursorShape != 0 {
		w.csi(" q", int(s.cursorShape))
	}
}
