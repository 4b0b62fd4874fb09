package vt

// reset is RIS: everything as it was at first, the history gone too. The working
// directory is the program's, not the terminal's, and the titles stay.
func (t *Terminal) reset() {
	t.leaveAlt()
	cwd, title, stack := t.cwd, t.title, t.titleStack
	t.state = newState(t.prim.size)
	t.cwd, t.title, t.titleStack = cwd, title, stack
	t.penStale = true
	t.clearScreen()
	t.alt = grid{}
	t.hist.clear()
	t.cluster = clusterState{}
	t.kittyImage, t.itermFile, t.note = nil, nil, kittyNote{}
}

// softReset is DECSTR: modes, margins, pen, charsets, the palette and the saved
// cursor, but neither the cells nor the cursor's place nor a pending wrap.
func (t *Terminal) softReset() {
	t.modes = t.modes&^softModes | defaultModes&softModes
	t.resetMargins()
	t.cur.origin = false
	t.cur.pen = Style{}
	t.cur.sets = charsets{}
	t.palette = nil
	t.protectISO = false
	t.penStale = true
	t.saved[t.screenIndex()] = cursor{}
	t.cursorShape = 0
	t.otherKeys = 0
	t.kitty = [2]kittyStack{}
}

// setConformance is DECSCL, which resets the terminal softly.
func (t *Terminal) setConformance(level, _ int) {
	if level < 61 || level > 65 {
		return
	}
	t.softReset()
	t.conformance = uint8(level)
}
