package vt

// switchScreen is modes 47, 1047, 1048 and 1049. They differ in what they do
// beside changing the screen: 1047 clears the alternate one when leaving it, 1049
// when going there, and saves the cursor as DECSC does; 47 neither; 1048 only saves.
func (t *Terminal) switchScreen(mode int, on bool) {
	switch {
	case mode == 1048 && on:
		t.saveCursor()
	case mode == 1048:
		t.restoreCursor()
	case on:
		if mode == 1049 {
			t.saveCursor()
		}
		t.enterAlt(mode == 1049)
	default:
		if mode == 1047 && t.onAlt {
			t.clearScreen()
		}
		t.leaveAlt()
		if mode == 1049 {
			t.restoreCursor()
		}
	}
}

// enterAlt makes the alternate screen the active one. The cursor stays.
func (t *Terminal) enterAlt(clear bool) {
	if t.alt.cells == nil {
		t.alt = newGrid(t.prim.size)
	}
	t.onAlt = true
	t.grid = &t.alt
	if clear {
		t.clearScreen()
	}
}

func (t *Terminal) leaveAlt() {
	t.onAlt = false
	t.grid = &t.prim
}
