package vt

import (
	"github.com/xsh-project/xsh/internal/termreset"
)

// levels sets the conformance level, which resets the terminal softly and so must
// come before what that resets, and what DECSACE says.
func (w *writer) levels() {
	w.setPen(&Style{})
	if n := w.s.conformance; n != defaultConformance {
		w.str("\x1b[")
		w.params([]int{int(n), 1})
		w.str("\"p")
	}
	if n := w.s.rectExtent; n != 0 {
		w.csi("*x", int(n))
	}
}

// tabStops sets the tab stops. Stops that are the default ones are not cleared
// first, since some terminals would then have none in the columns that they get
// when they become wider; and column 0 gets one only if the terminal had none at all,
// which is when going back a stop leads there.
func (w *writer) tabStops() {
	s := w.s.tabs
	if s.isDefault(w.cols) {
		w.str("\x1b[999C\x1b[Z\x1bH")
	} else {
		w.str("\x1b[3g\r\x1bH")
	}
	w.defaultTabs()
	w.str("\r")
	at := 0
	for x := range w.cols {
		on := s.has(x)
		if on == (x%8 == 0) {
			continue
		}
		if x > at {
			w.csi("C", x-at)
		}
		if on {
			w.str("\x1bH")
		} else {
			w.str("\x1b[g")
		}
		at = x
	}
}

// defaultTabs sets a stop at every eighth column but the first: one by one, and
// then by DECST8C, which few know, for the columns beyond the edge.
func (w *writer) defaultTabs() {
	w.str("\r")
	for x := 8; x < w.cols; x += 8 {
		w.str("\x1b[8C\x1bH")
	}
	w.str("\x1b[?5W")
}

// titles sets the titles, the stack below them first. Where the program set none,
// the terminal keeps its own.
func (w *writer) titles() {
	for _, t := range w.s.titleStack {
		w.title(t)
		w.str("\x1b[22;0t")
	}
	w.title(w.s.title)
}

// window sets what is around the text beside the titles.
func (w *writer) window() {
	s := w.s
	if s.cwd != "" {
		w.osc(7, s.cwd)
	}
	for i, name := range s.pointers {
		if i > 0 {
			name = ">" + name
		}
		w.osc(22, name)
	}
	if p := s.progress; p != (progress{}) {
		w.str(p.command())
	}
}

// penStack pushes the pens that XTPUSHSGR keeps.
func (w *writer) penStack() {
	for i := range w.s.penStack {
		p := &w.s.penStack[i]
		w.setPen(&p.pen)
		w.csi("#{", p.params()...)
	}
	w.setPen(&Style{})
}

func (w *writer) title(t titles) {
	if !t.set {
		return
	}
	if t.icon == t.window {
		w.osc(0, t.window)
		return
	}
	w.osc(1, t.icon)
	w.osc(2, t.window)
}

// savedCursor makes c the saved cursor of the screen that the terminal is on. The
// next to come must be plainCursor, or the like.
func (w *writer) savedCursor(c *cursor, g *grid) {
	if c.origin {
		w.str("\x1b[?6h")
	}
	w.cursor(c, g, 0, 0, w.cols-1)
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

// plainSets makes all sets ASCII, G0 to the left and G2 to the right. A single
// shift, which nothing undoes, then has no effect.
var plainSets = termreset.Undo(termreset.Charsets)

// charsets designates and invokes the sets, which are ASCII so far. The right one
// comes first: xterm.js takes what shifts it for what shifts the left one.
func (w *writer) charsets(s *charsets) {
	for i, g := range s.g {
		if g != charsetASCII {
			w.dst = append(w.dst, 0x1b, "()*+"[i], byte(g))
		}
	}
	if s.gr != 0 {
		w.dst = append(w.dst, 0x1b, "}~}|"[s.gr])
	}
	switch {
	case s.gl == 1:
		w.dst = append(w.dst, 0x0e)
	case s.gl == 2:
		w.str("\x1bn")
	case s.gl == 3:
		w.str("\x1bo")
	case s.gr != 0:
		w.dst = append(w.dst, 0x0f)
	}
}

// margins sets the margins, which homes the cursor.
func (w *writer) margins() {
	s := w.s
	size := s.Size()
	if s.on(modeLeftRight) {
		w.columns = true
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
	last, reprint := s.again()
	if reprint {
		w.moveBehind(s.cur.row, last.x, top, left)
	} else {
		w.lastCursor(top, left)
	}
	w.modes()
	w.charsets(&s.cur.sets)
	w.lastPen()
	switch {
	case reprint:
		if last.insert > 0 {
			w.csi("P", last.insert)
		}
		w.str(last.text)
	case s.last != 0 && s.tooWide():
		w.str(string(s.last))
	}
	switch s.cur.sets.single {
	case 2:
		w.str("\x1bN")
	case 3:
		w.str("\x1bO")
	}
}

// lastPen sets the pen. Protection by SPA is not only its matter, and DECSCA would
// undo it.
func (w *writer) lastPen() {
	pen := &w.s.cur.pen
	if w.s.protectISO {
		w.str("\x1bV")
		if pen.Attrs&AttrProtected == 0 {
			w.str("\x1bW")
		}
		w.pen.Attrs = w.pen.Attrs&^AttrProtected | pen.Attrs&AttrProtected
	}
	w.setPen(pen)
}
