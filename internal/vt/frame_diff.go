package vt

import "slices"

// draw brings the terminal from shown to next.
func (r *Renderer) draw() {
	if slices.Equal(r.shown, r.next) {
		return
	}
	r.scroll()
	bottom := r.eraseBelow()
	for y := range bottom {
		if r.rowChanged(y) {
			r.drawRow(y)
		}
	}
	r.setPen(0)
}

func (r *Renderer) rowOf(cells []cell, y int) []cell {
	return cells[y*r.size.Cols : (y+1)*r.size.Cols]
}

func (r *Renderer) rowChanged(y int) bool {
	return !slices.Equal(r.rowOf(r.shown, y), r.rowOf(r.next, y))
}

// drawRow brings row y up to date.
func (r *Renderer) drawRow(y int) {
	old, row := r.rowOf(r.shown, y), r.rowOf(r.next, y)
	end := len(trim(row))
	for x := 0; x < len(row); {
		switch {
		case row[x] == old[x]:
			x++
			continue
		case x >= end && x < len(row)-1:
			r.moveTo(y, x)
			r.setPen(0)
			r.print("\x1b[K")
			return
		case row[x]&cellTail != 0:
			x-- // the whole character
		}
		r.moveTo(y, x)
		r.printCell(row[x])
		x += row[x].width()
	}
}

// eraseBelow erases the blank rows at the bottom in one go if that saves
// anything, and returns how many rows are above them, or all.
func (r *Renderer) eraseBelow() int {
	y, changed := r.size.Rows, 0
	for y > 0 && len(trim(r.rowOf(r.next, y-1))) == 0 {
		y--
		if r.rowChanged(y) {
			changed++
		}
	}
	if changed < 2 {
		return r.size.Rows
	}
	r.moveTo(y, 0)
	r.setPen(0)
	r.print("\x1b[J")
	return y
}

const (
	maxScrollRows = 256 // looking for a scroll takes the square of it
	minScrollGain = 2   // rows that scrolling must save, to be worth it
)

// scroll moves a block of rows up or down where the screen did, or a part of it.
func (r *Renderer) scroll() {
	rows := r.size.Rows
	if rows > maxScrollRows || !r.worthScrolling() {
		return
	}
	was, is := r.hashes(r.shown), r.hashes(r.next)
	first, n, shift, gain := 0, 0, 0, 0
	for d := 1 - rows; d < rows; d++ {
		f, m, g := longestMatch(was, is, d)
		if g > gain {
			first, n, shift, gain = f, m, d, g
		}
	}
	if gain >= minScrollGain {
		r.scrollBlock(first, n, shift)
	}
}

// worthScrolling tells whether enough rows differ.
func (r *Renderer) worthScrolling() bool {
	changed := 0
	for y := range r.size.Rows {
		if r.rowChanged(y) {
			changed++
		}
		if changed > minScrollGain {
			return true
		}
	}
	return false
}

// hashes returns a number for each row that tells its cells; 0 for a blank one.
func (r *Renderer) hashes(cells []cell) []uint64 {
	h := make([]uint64, r.size.Rows)
	for y := range h {
		for i, c := range trim(r.rowOf(cells, y)) {
			if i == 0 {
				h[y] = 1 // so that cells that are 0 count
			}
			h[y] = (h[y] ^ uint64(c)) * 0x9e3779b97f4a7c15
			h[y] ^= h[y] >> 29
		}
	}
	return h
}

// longestMatch returns the run of rows y with is[y] == was[y+d] that gains most:
// rows that are not blank and were not there already.
func longestMatch(was, is []uint64, d int) (first, n, gain int) {
	start, g := max(0, -d), 0
	for y := start; y < len(is)-max(0, d); y++ {
		if is[y] != was[y+d] {
			start, g = y+1, 0
			continue
		}
		if is[y] != 0 && is[y] != was[y] {
			g++
		}
		if g > gain {
			first, n, gain = start, y+1-start, g
		}
	}
	return first, n, gain
}

// scrollBlock makes of rows first+d, ... the n rows first, ..., on the terminal
// and in shown.
func (r *Renderer) scrollBlock(first, n, d int) {
	top, bottom := first, first+n-1+d
	if d < 0 {
		top, bottom = first+d, first+n-1
	}
	// Blank rows that blank rows move into do no harm, and may make it the whole
	// screen.
	for d > 0 && bottom+1 < r.size.Rows && len(trim(r.rowOf(r.shown, bottom+1))) == 0 {
		bottom++
	}
	for d < 0 && top > 0 && len(trim(r.rowOf(r.shown, top-1))) == 0 {
		top--
	}
	r.setPen(0) // what comes in is erased in its background
	whole := top == 0 && bottom == r.size.Rows-1 && !r.caps.Picture
	if !whole {
		r.printCSI('r', top+1, bottom+1)
	}
	cols := r.size.Cols
	block := r.shown[top*cols : (bottom+1)*cols]
	if d > 0 {
		r.printCSI('S', d)
		copy(block, block[d*cols:])
		clear(block[len(block)-d*cols:])
	} else {
		r.printCSI('T', -d)
		copy(block[-d*cols:], block)
		clear(block[:-d*cols])
	}
	if !whole {
		r.print("\x1b[r")
		r.row, r.col = 0, 0
	}
}
