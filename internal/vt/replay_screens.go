package vt

// savedState sets what each screen has of its own, the saved cursor and the
// keyboard stack, and goes to the alternate screen and paints it if it is shown.
func (w *writer) savedState() {
	s := w.s
	w.kitty(&s.kitty[0])
	w.savedCursor(&s.saved[0], &s.prim)
	if !s.onAlt {
		w.hiddenAlt()
		return
	}
	w.str("\x1b[?1049h")
	w.plainCursor(&s.saved[0])
	w.altRows()
	w.altState()
}

// hiddenAlt paints the alternate screen, if there is anything on it, while the
// primary one is to be shown: mode 47 would bring it back.
func (w *writer) hiddenAlt() {
	s := w.s
	blank := s.alt.blank()
	if blank && s.kitty[1].n == 0 && s.saved[1] == (cursor{}) && s.keptScreens() == nil {
		return
	}
	w.str("\x1b[?47h")
	if !blank {
		w.altRows()
	}
	w.altState()
	w.setPen(&Style{})
	w.str("\x1b[?47l")
}

// altState sets what the alternate screen, which is shown, has of its own.
func (w *writer) altState() {
	s := w.s
	w.kitty(&s.kitty[1])
	w.keptScreens()
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
	w.str("\x1b[H\x1b7\x1b[J") // a cursor may be saved there; entering it cleared it in the saved pen
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
