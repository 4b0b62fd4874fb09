package vt

// modes switches on what the program switched on, and off what it switched off.
func (w *writer) modes() {
	s := w.s
	var set, unset []int
	for _, p := range privateModes {
		n, m := p.number, p.mode
		switch {
		case m == modeLeftRight || m == modeAppKeypad:
		case m == modeGraphemes && !s.on(m) && w.graphemes:
			unset = append(unset, n)
		case s.on(m) && defaultModes&m == 0:
			set = append(set, n)
		case !s.on(m) && defaultModes&m != 0:
			unset = append(unset, n)
		}
	}
	if s.mouse != mouseNone {
		set = append(set, int(s.mouse))
	}
	if s.mouseEnc != encodingDefault {
		set = append(set, int(s.mouseEnc))
	}
	if s.on(modeCursorVisible) {
		set = append(set, 25)
	}
	w.modeList(set, "h")
	w.modeList(unset, "l")
	w.keptTelling()
	w.ansiModes()
	w.keyboard()
}

func (w *writer) modeList(list []int, final string) {
	if len(list) > 0 {
		w.str("\x1b[?")
		w.params(list)
		w.str(final)
	}
}

func (w *writer) ansiModes() {
	for _, n := range []int{2, 4, 20} {
		if w.s.on(ansiModes[n]) {
			w.csi("h", n)
		}
	}
	if !w.s.on(modeSendReceive) {
		w.csi("l", 12)
	}
}

// keyboard sets how keys are told, and the cursor's shape.
func (w *writer) keyboard() {
	s := w.s
	if s.on(modeAppKeypad) {
		w.str("\x1b=")
	}
	if s.otherKeys != 0 {
		w.str("\x1b[>")
		w.params([]int{4, int(s.otherKeys)})
		w.str("m\x1b[m") // some terminals take it for SGR
		w.pen = Style{Attrs: w.pen.Attrs & AttrProtected, Link: w.pen.Link}
	}
	if s.cursorShape != 0 {
		w.csi(" q", int(s.cursorShape))
	}
}
