package vt

import "strconv"

// reportChecksum is DECRQCRA: the negative sum of a rectangle's characters, their
// low bytes, and of what their attributes count. Empty cells count nothing,
// but the first; the second half of a wide character counts 0xff. This is
// xterm's reckoning.
func (t *Terminal) reportChecksum() {
	id := t.parser.seq.at(0, 0)
	var sum int
	if a, ok := t.area(2); ok {
		for y := a.top; y <= a.bottom; y++ {
			for x := a.left; x <= a.right; x++ {
				sum += t.checksum(t.grid.row(y)[x], y == a.top && x == a.left)
			}
		}
	}
	t.reply("\x1bP%d!~%04X\x1b\\", id, uint16(-sum))
}

func (t *Terminal) checksum(c cell, first bool) int {
	s := &t.tables.styles.styles[c.style()]
	switch {
	case c == 0 && !first:
		return 0
	case c&cellTail != 0:
		return 0xff
	case s.Attrs&AttrHidden != 0:
		return ' '
	}
	n := int(' ')
	for _, r := range c.text(t.tables.clusters.texts) {
		n = int(r & 0xff)
		break
	}
	for _, a := range []struct {
		attr  Attr
		count int
	}{{AttrInverse, 0x20}, {AttrBlink, 0x40}, {AttrBold, 0x80}} {
		if s.Attrs&a.attr != 0 {
			n += a.count
		}
	}
	if s.Underline != UnderlineNone {
		n += 0x10
	}
	return n
}

// reportPresentation is DECRQPSR: the cursor's state or the tab stops.
func (t *Terminal) reportPresentation(what int) {
	switch what {
	case 1:
		t.reportCursor()
	case 2:
		b := []byte("\x1bP2$u")
		for x, n := 0, 0; x < t.grid.size.Cols; x++ {
			if !t.tabs.has(x) {
				continue
			}
			if n++; n > 1 {
				b = append(b, '/')
			}
			b = strconv.AppendInt(b, int64(x+1), 10)
		}
		t.reply("%s\x1b\\", b)
	}
}

// reportCursor is DECCIR.
func (t *Terminal) reportCursor() {
	s := &t.cur.pen
	rendition, attr, flags := '@', '@', '@'
	if s.Attrs&AttrBold != 0 {
		rendition |= 1
	}
	if s.Underline != UnderlineNone {
		rendition |= 2
	}
	if s.Attrs&AttrBlink != 0 {
		rendition |= 4
	}
	if s.Attrs&AttrInverse != 0 {
		rendition |= 8
	}
	if s.Attrs&AttrProtected != 0 {
		attr |= 1
	}
	if t.cur.origin {
		flags |= 1
	}
	flags |= rune(t.cur.sets.single & 2)
	if t.cur.sets.single == 3 {
		flags = flags&^2 | 4
	}
	if t.cur.pending {
		flags |= 8
	}
	var sets [4]byte
	for i, g := range t.cur.sets.g {
		if sets[i] = byte(g); g == charsetASCII {
			sets[i] = 'B'
		}
	}
	gr := t.cur.sets.gr
	if gr == 0 {
		gr = 2
	}
	row, col := t.addressed()
	t.reply("\x1bP1$u%d;%d;1;%c;%c;%c;%d;%d;O;%s\x1b\\",
		row+1, col+1, rendition, attr, flags, t.cur.sets.gl, gr, sets[:])
}
