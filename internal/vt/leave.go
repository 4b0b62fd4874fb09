package vt

// AppendLeave appends the bytes that put the terminal, which showed the snapshot,
// back as a shell expects it. Only what is set is undone, so that nothing is
// changed that the program did not ask for. The cursor ends below what is shown.
func (s *Snapshot) AppendLeave(dst []byte) []byte {
	return append(s.AppendPlain(dst), "\r\n"...)
}

// AppendPlain is AppendLeave but for the cursor's last step, which may scroll:
// the primary screen stays as it is.
func (s *Snapshot) AppendPlain(dst []byte) []byte {
	w := writer{dst: dst, s: s, cols: s.Size().Cols}
	if len(s.pending) > 0 {
		w.str("\x18")
	}
	w.leaveScreen()
	w.leaveModes()
	w.leaveKeyboard()
	w.leavePen()
	w.leaveCursor()
	return w.dst
}

// leaveScreen goes back to the primary screen, all of which scrolls.
func (w *writer) leaveScreen() {
	s := w.s
	if s.on(modeSync) {
		w.str("\x1b[?2026l")
	}
	if !s.onAlt && s.kitty[1].n > 0 {
		w.str("\x1b[?47h")
	}
	for range s.kitty[1].n {
		w.str("\x1b[<u")
	}
	if s.onAlt {
		w.str("\x1b[?1049l")
	} else if s.kitty[1].n > 0 {
		w.str("\x1b[?47l")
	}
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
	for _, n := range privateNumbers {
		m := privateModes[n]
		switch {
		case m == modeLeftRight || m == modeSync || m == modeAppKeypad:
		case s.on(m) && defaultModes&m == 0:
			unset = append(unset, n)
		case !s.on(m) && defaultModes&m != 0:
			set = append(set, n)
		}
	}
	if s.mouse != mouseNone {
		unset = append(unset, int(s.mouse))
	}
	if s.mouseEnc != encodingDefault {
		unset = append(unset, int(s.mouseEnc))
	}
	w.modeList(set, "h")
	w.modeList(unset, "l")
	for _, n := range []int{2, 4, 20} {
		if s.on(ansiModes[n]) {
			w.csi("l", n)
		}
	}
	if !s.on(modeSendReceive) {
		w.csi("h", 12)
	}
}

func (w *writer) leaveKeyboard() {
	s := w.s
	for range s.kitty[0].n {
		w.str("\x1b[<u")
	}
	if s.otherKeys != 0 {
		w.str("\x1b[>4m")
	}
	if s.on(modeAppKeypad) {
		w.str("\x1b>")
	}
	if s.cursorShape != 0 {
		w.str("\x1b[0 q")
	}
}

// leavePen resets the pen, the charsets and the tab stops. Coming back from the
// alternate screen brought the saved ones.
func (w *writer) leavePen() {
	s := w.s
	plain := cursor{row: s.cur.row, col: s.cur.col, pending: s.cur.pending}
	if c := s.cur; c != plain || s.onAlt {
		w.str("\x1b[m" + plainSets)
		if c.pen.Link != nil {
			w.str("\x1b]8;;\x1b\\")
		}
		if (c.pen.Attrs|s.saved[0].pen.Attrs)&AttrProtected != 0 {
			w.str("\x1b[0\"q")
		}
	}
	if !s.tabs.isDefault(w.cols) {
		w.leaveTabs()
	}
	if s.palette != nil {
		w.str("\x1b]104\x1b\\")
		if [5]Color(s.palette[specialColor:]) != ([5]Color{}) {
			w.str("\x1b]105\x1b\\")
		}
	}
	for i, c := range s.dynamic {
		if c != 0 {
			w.dynamicColor(i, 0)
		}
	}
}

func (w *writer) leaveTabs() {
	w.str("\x1b[3g\r\x1bH")
	w.defaultTabs()
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
