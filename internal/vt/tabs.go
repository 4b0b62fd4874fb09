package vt

// tabStops is the tab stops: a bit for each column. nil means the default, one
// every eight columns, as does what lies beyond the end.
type tabStops []uint64

const defaultStops = 0x0101010101010101

// has tells whether there is a stop at column x.
func (s tabStops) has(x int) bool {
	if x/64 >= len(s) {
		return x%8 == 0
	}
	return s[x/64]>>uint(x%64)&1 != 0
}

// count returns how many stops there are from column x to before column end.
func (s tabStops) count(x, end int) int {
	n := 0
	for ; x < end; x++ {
		if s.has(x) {
			n++
		}
	}
	return n
}

// with returns the stops with that at column x set or cleared.
func (s tabStops) with(x int, on bool) tabStops {
	n := make(tabStops, max(len(s), x/64+1))
	for i := copy(n, s); i < len(n); i++ {
		n[i] = defaultStops
	}
	n[x/64] &^= 1 << uint(x%64)
	if on {
		n[x/64] |= 1 << uint(x%64)
	}
	return n
}

// noStops returns no stop in any of cols columns, and the default beyond.
func noStops(cols int) tabStops {
	n := make(tabStops, (cols+63)/64)
	if k := uint(cols % 64); k != 0 {
		n[len(n)-1] = defaultStops &^ (1<<k - 1)
	}
	return n
}

// isDefault tells whether the first cols columns have the default stops.
func (s tabStops) isDefault(cols int) bool {
	for x := range min(cols, 64*len(s)) {
		if s.has(x) != (x%8 == 0) {
			return false
		}
	}
	return true
}

// tab moves the cursor n tab stops forward, no further than the right margin or
// the last column. A pending wrap stays pending, as in xterm, but under mode 41,
// where it comes about first.
func (t *Terminal) tab(n int) {
	if t.cur.pending && t.on(modeMoreFix) && t.on(modeWrap) {
		t.index()
		t.cur.col = 0
	}
	limit := t.rightLimit()
	x := t.cur.col
	for ; n > 0 && x < limit; n-- {
		for x++; x < limit && !t.tabs.has(x); x++ {
		}
	}
	if x > t.cur.col {
		t.cur.col = x
	}
}

// backTab moves the cursor n tab stops back, in origin mode no further than the
// left margin. A pending wrap stays pending, as in xterm.
func (t *Terminal) backTab(n int) {
	x := t.cur.col
	for ; n > 0 && x > 0; n-- {
		for x--; x > 0 && !t.tabs.has(x); x-- {
		}
	}
	if t.cur.origin {
		x = max(x, t.left)
	}
	t.cur.col = x
}

// clearTabs is TBC.
func (t *Terminal) clearTabs(which int) {
	switch which {
	case 0:
		t.tabs = t.tabs.with(t.cur.col, false)
	case 3:
		t.tabs = noStops(t.grid.size.Cols)
	}
}
