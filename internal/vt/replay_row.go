package vt

import "unicode/utf8"

// newRow goes to the next row: by an automatic wrap if it continues the one
// painted last, so that the terminal knows that too. wide tells that it begins with
// a wide character, which wraps even if the row before has one column free. A
// blank is printed to bring the wrap about if the first cell is empty, or would spoil
// the new row, which a terminal fills with the background in force when it scrolls,
// or has a shell mark, which goes to the row that the cursor is in.
func (w *writer) newRow(l lineInfo, wide, blank bool) {
	p := &w.line
	continues := p.any && l.flags&rowContinues != 0 && (p.full || wide)
	switch {
	case !p.any:
	case !continues:
		w.background()
		w.str("\r\n")
	case !p.full:
		w.wrapWide()
	case blank || l.flags&^rowContinues != 0:
		w.background()
		w.str(" \r\x1b[X")
	default:
		w.background()
	}
	*p = painted{any: true, continues: continues}
	if l.flags&^rowContinues == 0 {
		return
	}
	for _, mark := range l.all() {
		w.osc(133, mark)
	}
	switch l.flags & rowDouble {
	case rowWide:
		w.str("\x1b#6")
	case rowTall:
		w.str("\x1b#3")
	case rowDouble:
		w.str("\x1b#4")
	}
}

// wrapWide goes to the next row as a wide character does that finds one column free.
// That column gets the pen of the character: a stand-in has it.
func (w *writer) wrapWide() {
	if w.line.spacer {
		w.setPen(&w.spacer)
	} else {
		w.setPen(&Style{})
	}
	w.str("\u3000\r")
	if w.pen.BG != 0 { // the row that came may be full of it
		w.setPen(&Style{})
		w.csi("X", w.cols)
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

// ascii paints the next cells of a row, printable ASCII all of them.
func (w *writer) ascii(text []byte, style *Style) {
	if w.line.skipped > 0 {
		w.skip(false)
	}
	w.setPen(style)
	w.dst = append(w.dst, text...)
	w.line.col += len(text)
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

// isSpacer tells whether an empty cell at column x, where the next row goes on with a
// wide character if wideNext, is the column that this character left free.
func (w *writer) isSpacer(x int, style *Style, wideNext bool) bool {
	if !wideNext || x != w.cols-1 {
		return false
	}
	w.line.spacer, w.spacer = true, *style
	return true
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
