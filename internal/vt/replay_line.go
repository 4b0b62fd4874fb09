package vt

import "unicode/utf8"

// painted is what the writer knows of the row that it painted last: how to go on
// from there.
type painted struct {
	any       bool  // a row was painted
	full      bool  // up to its last column: the next character wraps
	continues bool  // it goes on with the one before
	col       int   // where the cursor is
	skipped   int   // empty cells that were not yet painted
	style     Style // of the skipped cells
}

// history paints the newest n lines of scrollback.
func (w *writer) history(n int) {
	h := &w.s.hist
	if n < 0 {
		return
	}
	from := 0
	if n > 0 {
		from = max(0, h.lines-n)
	}
	// Of each line it must be known whether the next one continues it.
	var held historyLine
	have := false
	h.each(from, func(l historyLine) bool {
		if have {
			w.historyLine(&held, l.flags&rowContinues != 0, l.startsWide())
		}
		held, have = l, true
		return true
	})
	if have {
		g := &w.s.prim
		w.historyLine(&held, g.info(0).flags&rowContinues != 0, g.row(0)[0]&cellWide != 0)
	}
}

// historyLine paints one line of history; wrapped tells that the next continues
// it, nextWide that the next begins with a wide character.
func (w *writer) historyLine(l *historyLine, wrapped, nextWide bool) {
	if l.flags == 0 && !wrapped && !l.special && l.nruns == 0 && !w.graphemes {
		w.newRow(0, false, false)
		w.setPen(&defaultStyle)
		w.dst = append(w.dst, l.text...)
		return
	}
	first := true
	for {
		text, style, ok := l.next()
		if !ok {
			break
		}
		for len(text) > 0 {
			var chars []byte
			var width int
			chars, text, width = nextCell(text)
			if first {
				w.newRow(l.flags, width == 2, style.BG != 0 || chars == nil)
				first = false
			}
			w.cell(chars, width, style)
		}
	}
	if first {
		w.newRow(l.flags, false, true)
	}
	w.endRow(wrapped, nextWide)
}

// grid paints all rows of a screen.
func (w *writer) grid(g *grid) {
	for y := range g.size.Rows {
		cells := trim(g.usedRow(y))
		var next *rowMeta
		wrapped, nextWide := false, false
		if y+1 < g.size.Rows {
			next = g.info(y + 1)
			wrapped = next.flags&rowContinues != 0
			nextWide = g.row(y + 1)[0]&cellWide != 0
		}
		w.gridRow(cells, g.info(y).flags, wrapped, nextWide)
	}
}

func (w *writer) gridRow(cells []cell, flags rowFlags, wrapped, nextWide bool) {
	var buf [maxCluster + utf8.UTFMax]byte
	if len(cells) == 0 {
		w.newRow(flags, false, true)
	}
	for x, c := range cells {
		if c&cellTail != 0 {
			continue
		}
		style := &w.s.styles[c.style()]
		if x == 0 {
			w.newRow(flags, c&cellWide != 0, style.BG != 0 || c.empty())
		}
		switch {
		case c.empty():
			w.cell(nil, 1, style)
		case c&cellCluster != 0:
			w.cell(append(buf[:0], w.s.clusters[c&cellRune]...), c.width(), style)
		default:
			w.cell(utf8.AppendRune(buf[:0], rune(c&cellRune)), c.width(), style)
		}
	}
	w.endRow(wrapped, nextWide)
}

// newRow goes to the next row: by an automatic wrap if it continues the one
// painted last, so that the terminal knows that too. A blank is printed to
// bring the wrap about where the first cell would spoil the new row, which a
// terminal fills with the background in force when it scrolls.
func (w *writer) newRow(flags rowFlags, wide, blank bool) {
	p := &w.line
	continues := p.any && flags&rowContinues != 0 && (p.full || wide)
	switch {
	case !p.any:
	case !continues:
		w.background()
		w.str("\r\n")
	case !p.full:
		w.setPen(&Style{}) // of the column left free
		w.str("\u3000\r")
	case blank:
		w.background()
		w.str(" \r\x1b[X")
	default:
		w.background()
	}
	*p = painted{any: true, continues: continues}
	if flags&rowPrompt != 0 {
		w.osc(133, "A")
	}
	if flags&rowOutput != 0 {
		w.osc(133, "C")
	}
}

// background makes sure that new rows come in the default background.
func (w *writer) background() {
	if w.pen.BG != 0 {
		w.setPen(&Style{})
	}
}

// cell paints the next cell of a row; no chars mean an empty one, which becomes a
// space if it has more style than what erasing leaves.
func (w *writer) cell(chars []byte, width int, style *Style) {
	p := &w.line
	if len(chars) == 0 && *style != (Style{BG: style.BG}) {
		chars = space
	}
	if len(chars) == 0 {
		if p.skipped > 0 && p.style != *style {
			w.skip(false)
		}
		p.skipped++
		p.style = *style
		return
	}
	if p.skipped > 0 {
		w.skip(false)
	}
	w.setPen(style)
	w.text(chars, width)
	p.col += width
}

// text prints the text of one cell. One that is a grapheme cluster by the rules of
// mode 2027 alone needs that mode, and to have it set right before, so that it
// does not join the cell on its left; any other must not join by those rules.
func (w *writer) text(chars []byte, width int) {
	switch {
	case len(chars) == 1:
	case needsGraphemes(chars, width):
		w.str("\x1b[?2027h")
		w.graphemes = true
	case w.graphemes:
		w.str("\x1b[?2027l")
		w.graphemes = false
	}
	w.dst = append(w.dst, chars...)
}

// needsGraphemes tells whether code points printed one by one would not become
// one cell of that width.
func needsGraphemes(chars []byte, width int) bool {
	r, n := utf8.DecodeRune(chars)
	if n == len(chars) {
		return false
	}
	if runeWidth(r) != width {
		return true
	}
	for _, r := range string(chars[n:]) {
		if runeWidth(r) != 0 {
			return true
		}
	}
	return false
}

var space = []byte{' '}

// shortGap is the number of blanks from which moving is shorter than painting.
const shortGap = 5

// skip paints the empty cells that were put off: up to the end of the row if
// toEnd, where erasing does.
func (w *writer) skip(toEnd bool) {
	p := &w.line
	n := p.skipped
	p.skipped = 0
	if n == 0 {
		return
	}
	plain := p.style == Style{}
	if !plain || n < shortGap {
		w.setPen(&p.style)
	}
	switch {
	case toEnd && p.continues && p.col == 0:
		w.csi("X", n) // EL would end the continuation
		return
	case toEnd:
		w.str("\x1b[K")
		return
	case n < shortGap:
		for range n {
			w.dst = append(w.dst, ' ')
		}
	case plain:
		w.csi("C", n)
	default:
		w.csi("X", n)
		w.csi("C", n)
	}
	p.col += n
}

// endRow ends a row. If the next continues it, it must be full, unless a wide
// character comes next that does not fit.
func (w *writer) endRow(wrapped, nextWide bool) {
	p := &w.line
	if !wrapped || nextWide && p.col+p.skipped == w.cols-1 {
		w.skip(p.style != Style{} && p.col+p.skipped == w.cols)
		p.skipped = 0
		p.full = p.col >= w.cols
		return
	}
	style := p.style
	if p.col+p.skipped < w.cols {
		w.skip(false)
		style = Style{}
	}
	n := w.cols - p.col
	if p.skipped > 0 {
		p.skipped--
		w.skip(false)
		n = 1
	}
	if n > 0 {
		w.setPen(&style)
	}
	for range n {
		w.dst = append(w.dst, ' ')
	}
	p.full = true
}
