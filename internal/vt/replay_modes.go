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
	set, unset = s.mouseModes(set, unset, mouseNumbers[:mouseEncodings], int(s.mouse))
	set, unset = s.mouseModes(set, unset, mouseNumbers[mouseEncodings:], int(s.mouseEnc))
	if s.on(modeCursorVisible) {
		set = append(set, 25)
	}
	w.modeList(set, "h")
	w.modeList(unset, "l")
	w.keptTelling()
	w.ansiModes()
	w.keyboard()
}

// mouseModes adds to the modes to set, and then to reset, those among numbers after
// which the one in force is as it is, 0 being none: that comes last.
func (s *state) mouseModes(set, unset, numbers []int, inForce int) (toSet, toUnset []int) {
	none, any := 0, false // one that is not set; whether one is
	for _, n := range numbers {
		switch {
		case !s.mouseSet.has(n):
			none = n
		case n != inForce:
			set, any = append(set, n), true
		}
	}
	switch {
	case inForce != 0:
		set = append(set, inForce)
	case any:
		set, unset = append(set, none), append(unset, none)
	}
	return set, unset
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
