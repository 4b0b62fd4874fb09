package vt

// scrollTo moves the viewport as little as keeps the cursor in it. A hidden
// cursor on the alternate screen is left wherever the program's drawing ended, and
// moves nothing.
func (r *Renderer) scrollTo(s *Snapshot) {
	follow := !s.onAlt || s.modes&modeCursorVisible != 0
	size := s.Size()
	r.top = scrollRows(r.top, r.size.Rows, size.Rows, s.cur.row, follow)
	if follow {
		r.left = panColumns(r.size.Cols, s.cur.col)
	}
	r.left = max(0, min(r.left, size.Cols-r.size.Cols))
}

// scrollRows returns where a viewport of n of total rows begins that began at from,
// with row at in it.
func scrollRows(from, n, total, at int, follow bool) int {
	switch {
	case !follow:
	case at < from:
		from = at
	case at >= from+n:
		from = at - n + 1
	}
	return max(0, min(from, total-n))
}

// panColumns returns where a viewport of n columns begins with column at in it: in
// steps, since a line typed beyond the edge must not move everything with every
// character, and at the left wherever that goes, since lines begin there.
func panColumns(n, at int) int {
	if at < n {
		return 0
	}
	step := max(n/2, 1)
	return (at - n + step) / step * step
}

// build fills next with the part of the session's screen in the viewport. Outside
// of the screen there are blanks.
func (r *Renderer) build(s *Snapshot) {
	g := s.active()
	clear(r.next)
	rows := min(r.size.Rows, g.size.Rows-r.top)
	cols := min(r.size.Cols, g.size.Cols-r.left)
	for y := range rows {
		dst := r.next[y*r.size.Cols:][:cols]
		r.ids.cells(dst, g.row(y + r.top)[r.left:], s)
		blankHalves(dst)
	}
}

// blankHalves blanks the halves of wide characters whose other half the viewport's
// edges cut off.
func blankHalves(row []cell) {
	for x, c := range row {
		switch {
		case c&cellWide != 0 && (x+1 == len(row) || row[x+1]&cellTail == 0),
			c&cellTail != 0 && (x == 0 || row[x-1]&cellWide == 0):
			row[x] = c.styleBits()
		}
	}
}

// frameIDs numbers the styles and texts of cells for a renderer: the numbers of a
// snapshot hold for that one, and change when the terminal collects its tables.
type frameIDs struct {
	styles   styleTable
	clusters textTable
	limit    int // collect when there are more of either

	// What the numbers in moved are for.
	table   *Style // the first of the snapshot's styles
	palette *palette
	dynamic [dynamicColors]Color
	moved   []uint32 // our number + 1 of the snapshot's style, 0 not known
}

const minFrameIDs = 4096

func newFrameIDs() frameIDs {
	return frameIDs{styles: newStyleTable(), limit: minFrameIDs}
}

// follow makes ready for the cells of s. The cells that are shown are renumbered
// if the tables have grown large.
func (ids *frameIDs) follow(s *Snapshot, shown []cell) {
	if max(len(ids.styles.styles), len(ids.clusters.texts)) > ids.limit {
		ids.collect(shown)
	}
	if ids.table != &s.styles[0] || ids.palette != s.palette || ids.dynamic != s.dynamic {
		ids.table, ids.palette, ids.dynamic = &s.styles[0], s.palette, s.dynamic
		ids.moved = ids.moved[:0]
	}
	if n := len(s.styles) - len(ids.moved); n > 0 {
		ids.moved = append(ids.moved, make([]uint32, n)...)
	}
}

// collect drops all but what the shown cells use.
func (ids *frameIDs) collect(shown []cell) {
	old := *ids
	*ids = newFrameIDs()
	for i, c := range shown {
		if c&cellCluster != 0 {
			c = c&^cellRune | cell(ids.clusters.id(c.text(old.clusters.texts)))
		}
		style := ids.styles.id(old.styles.styles[c.style()])
		shown[i] = c&cellText | cell(style)<<cellStyleShift
	}
	ids.limit = max(minFrameIDs, 2*len(ids.styles.styles), 2*len(ids.clusters.texts))
}

// cells fills dst with the cells src of s, in our numbers. A space and an empty
// cell look the same, and are the same from here on.
func (ids *frameIDs) cells(dst, src []cell, s *Snapshot) {
	last := src[0].style()
	style := ids.style(last, s)
	for x, c := range src[:len(dst)] {
		if c.style() != last {
			last = c.style()
			style = ids.style(last, s)
		}
		text := c & cellText
		switch {
		case text == ' ':
			text = 0
		case text&cellCluster != 0:
			text = text&^cellRune | cell(ids.clusters.id(c.text(s.clusters)))
		}
		dst[x] = text | style
	}
}

// style returns style id of s in our numbers, where cells have it.
func (ids *frameIDs) style(id uint32, s *Snapshot) cell {
	style := ids.moved[id]
	if style == 0 {
		style = ids.styles.id(ids.resolve(s.styles[id])) + 1
		ids.moved[id] = style
	}
	return cell(style-1) << cellStyleShift
}

// resolve turns colours that the program has redefined into direct ones: the
// client's palette stays its own.
func (ids *frameIDs) resolve(s Style) Style {
	s.Attrs &^= AttrProtected
	s.FG, s.BG = ids.color(s.FG), ids.color(s.BG)
	s.UnderlineColor = ids.color(s.UnderlineColor)
	if s.FG.IsDefault() {
		s.FG = ids.dynamic[0]
	}
	if s.BG.IsDefault() {
		s.BG = ids.dynamic[1]
	}
	if s.Link != nil && !controlFree(s.Link.URI+s.Link.ID) {
		s.Link = nil
	}
	return s
}

func (ids *frameIDs) color(c Color) Color {
	if i, ok := c.Index(); ok && ids.palette != nil && ids.palette[i] != 0 {
		return ids.palette[i]
	}
	return c
}
