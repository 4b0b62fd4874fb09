package vt

import "unicode/utf8"

// painted is what the writer knows of the row that it painted last: how to go on
// from there.
type painted struct {
	any       bool  // a row was painted
	full      bool  // up to its last column: the next character wraps
	continues bool  // it goes on with the one before
	col       int   // where the cursor is
	spacer    bool  // its last column was left free, in the style writer.spacer
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
	if l.flags == 0 && !wrapped && !l.special && !w.graphemes {
		w.textLine(l)
		return
	}
	first := true
	for {
		text, style, ok := l.next()
		if !ok {
			break
		}
		for len(text) > 0 {
			if n := printable(text); n > 0 {
				if first {
					w.newRow(l.info(), false, style.BG != 0)
					first = false
				}
				w.ascii(text[:n], style)
				text = text[n:]
				continue
			}
			var chars []byte
			var width int
			chars, text, width = nextCell(text)
			if first {
				w.newRow(l.info(), width == 2, style.BG != 0 || chars == nil)
				first = false
			}
			if chars == nil && w.isSpacer(w.line.col+w.line.skipped, style, wrapped && nextWide) {
				continue
			}
			w.cell(chars, width, style)
		}
	}
	if first {
		w.newRow(l.info(), false, true)
	}
	w.endRow(wrapped, nextWide)
}

// textLine paints a line that is a line of its own and holds nothing but text,
// as most do. It works on copies of what it changes: to store pointers to the heap
// takes time whenever garbage is being collected.
func (w *writer) textLine(l *historyLine) {
	w.newRow(lineInfo{}, false, false)
	dst, pen := w.dst, &w.pen
	for {
		text, style, ok := l.next()
		if !ok {
			break
		}
		if *style != *pen {
			dst = appendPen(dst, pen, style)
		}
		pen = style
		dst = append(dst, text...)
	}
	w.dst, w.pen = dst, *pen
}

// grid paints all rows of a screen.
func (w *writer) grid(g *grid) {
	for y := range g.size.Rows {
		cells := trim(g.usedRow(y))
		wrapped, nextWide := false, false
		if y+1 < g.size.Rows {
			wrapped = g.info(y+1).flags&rowContinues != 0
			nextWide = g.row(y + 1)[0]&cellWide != 0
		}
		w.gridRow(cells, g.line(y, &w.s.marks), wrapped, nextWide)
	}
}

// gridRow paints one row of a screen, like historyLine.
func (w *writer) gridRow(cells []cell, l lineInfo, wrapped, nextWide bool) {
	if len(cells) == 0 {
		w.newRow(l, false, true)
	} else {
		c := cells[0]
		w.newRow(l, c&cellWide != 0, w.s.styles[c.style()].BG != 0 || c.empty())
	}
	if n := len(cells); n > 0 && cells[n-1].empty() && w.isSpacer(n-1, &w.s.styles[cells[n-1].style()], wrapped && nextWide) {
		cells = cells[:n-1]
	}
	w.paint(cells)
	w.endRow(wrapped, nextWide)
}

// paint paints cells of a row, from where the cursor is.
func (w *writer) paint(cells []cell) {
	var buf [maxCluster + utf8.UTFMax]byte
	for _, c := range cells {
		if c&cellTail != 0 {
			continue
		}
		style := &w.s.styles[c.style()]
		switch {
		case c.empty():
			w.cell(nil, 1, style)
		case c&cellCluster != 0:
			w.cell(append(buf[:0], w.s.clusters[c&cellRune]...), c.width(), style)
		default:
			w.cell(utf8.AppendRune(buf[:0], rune(c&cellRune)), c.width(), style)
		}
	}
}
