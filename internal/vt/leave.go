package vt

import (
	"slices"

	"github.com/xsh-project/xsh/internal/termreset"
)

// AppendLeave appends the bytes that put the terminal, which showed the snapshot,
// back as a shell expects it, but for what termreset.End brings back. Only what is set
// is undone, so that nothing is changed that the program did not ask for. The cursor
// ends below what is shown.
func (s *Snapshot) AppendLeave(dst []byte) []byte {
	return append(s.AppendPlain(dst), "\r\n"...)
}

// AppendPlain is AppendLeave but for the cursor's last step, which may scroll:
// the primary screen stays as it is.
func (s *Snapshot) AppendPlain(dst []byte) []byte {
	w := writer{dst: dst, s: s, cols: s.Size().Cols}
	if len(s.pending) > 0 {
		w.str(termreset.Cancel)
	}
	w.leaveScreen()
	w.leaveModes()
	w.leaveKeyboard()
	w.leavePen()
	w.leaveColors()
	w.leaveWindow()
	w.leaveCursor()
	return w.dst
}

// undo undoes a setting if it is set.
func (w *writer) undo(what termreset.Setting, set bool) {
	if set {
		w.str(termreset.Undo(what))
	}
}

// leaveScreen goes back to the primary screen, all of which scrolls.
func (w *writer) leaveScreen() {
	s := w.s
	w.undo(termreset.Sync, s.on(modeSync))
	if n := int(s.kitty[1].n); n > 0 {
		if !s.onAlt {
			w.str("\x1b[?47h")
		}
		w.str(termreset.PopKeyboard(n))
		if !s.onAlt {
			w.str("\x1b[?47l")
		}
	}
	w.undo(termreset.AlternateScreen, s.onAlt)
	if s.cur.origin || s.saved[0].origin {
		w.str("\x1b[?6l")
	}
	if s.on(modeLeftRight) {
		w.str("\x1b[?69l")
	}
	if s.top != 0 || s.bottom != s.Size().Rows-1 {
		w.str("\x1b[r")
	}
}

func (w *writer) leaveModes() {
	s := w.s
	var set, unset []int
	for _, m := range termreset.Modes {
		switch on := s.modeOn(m.Number); {
		case on && !m.On:
			unset = append(unset, m.Number)
		case !on && m.On:
			set = append(set, m.Number)
		}
	}
	w.modeList(set, "h")
	w.modeList(unset, "l")
	w.undo(termreset.LockedKeyboard, s.on(modeKeyboardLocked))
	w.undo(termreset.InsertMode, s.on(modeInsert))
	w.undo(termreset.NewlineMode, s.on(modeNewline))
	w.undo(termreset.LocalEcho, !s.on(modeSendReceive))
}

// modeOn tells whether a private mode of termreset.Modes is set.
func (s *state) modeOn(n int) bool {
	if slices.Contains(mouseNumbers[:], n) {
		return s.mouseSet.has(n)
	}
	return s.on(privateMode(n))
}

func (w *writer) leaveKeyboard() {
	s := w.s
	if n := int(s.kitty[0].n); n > 0 {
		w.str(termreset.PopKeyboard(n))
	}
	w.undo(termreset.OtherKeys, s.otherKeys != 0)
	w.undo(termreset.AppKeypad, s.on(modeAppKeypad))
	w.undo(termreset.CursorShape, s.cursorShape != 0)
}

// leavePen resets the pen, the charsets and the tab stops. Coming back from the
// alternate screen brought the saved ones, and a terminal may have taken XTMODKEYS
// for SGR.
func (w *writer) leavePen() {
	s := w.s
	c := s.cur
	plain := cursor{row: c.row, col: c.col, pending: c.pending}
	changed := c != plain || s.onAlt
	w.undo(termreset.Charsets, changed)
	w.undo(termreset.Protection, (c.pen.Attrs|s.saved[0].pen.Attrs)&AttrProtected != 0)
	w.undo(termreset.Link, c.pen.Link != nil)
	w.undo(termreset.Pen, changed || s.otherKeys != 0)
	if !s.tabs.isDefault(w.cols) {
		w.str(termreset.Undo(termreset.TabStops))
		w.defaultTabs()
	}
}

func (w *writer) leaveColors() {
	s := w.s
	if s.palette != nil {
		w.str(termreset.Undo(termreset.Palette))
		w.undo(termreset.SpecialColors, [5]Color(s.palette[specialColor:]) != [5]Color{})
	}
	for i, c := range s.dynamic {
		if c != 0 {
			w.dynamicColor(i, 0)
		}
	}
}

// leaveWindow undoes what is set of the window around the text.
func (w *writer) leaveWindow() {
	s := w.s
	for n := len(s.pointers); n > 1; n-- {
		w.str("\x1b]22;<\x1b\\")
	}
	w.undo(termreset.PointerShape, len(s.pointers) > 0)
	w.undo(termreset.Progress, s.progress != progress{})
	for range s.titleStack {
		w.str(termreset.PopTitles)
	}
}

// leaveCursor puts the cursor on the last line that is not blank. On the alternate
// screen's way out the cursor is where it was when the program went there.
func (w *writer) leaveCursor() {
	g := &w.s.prim
	last := w.s.cur.row
	if w.s.onAlt {
		last = w.s.saved[0].row
	}
	for y := g.size.Rows - 1; y > last; y-- {
		if len(trim(g.usedRow(y))) > 0 {
			last = y
			break
		}
	}
	w.moveTo(last, 0)
}
