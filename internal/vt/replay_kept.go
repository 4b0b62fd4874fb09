package vt

// tellingModes make a terminal tell something at once when they are set, and so
// are not set only to be kept.
const tellingModes = modeFocus | modeInBandResize

// keptModes makes the terminal keep, for XTRESTORE, what XTSAVE kept: sets or resets
// each mode, saves it, and undoes that again. All modes are the default ones when it
// begins, and when it ends.
func (w *writer) keptModes() {
	kept := &w.s.kept
	var set, reset, save []int
	for _, p := range privateModes {
		n, m := p.number, p.mode
		if kept.known&m == 0 || kept.bits&m&tellingModes != 0 {
			continue
		}
		save = append(save, n)
		switch {
		case kept.bits&m&^defaultModes != 0:
			set = append(set, n)
		case defaultModes&m&^kept.bits != 0:
			reset = append(reset, n)
		}
	}
	w.modeList(set, "h")
	w.modeList(reset, "l")
	w.modeList(save, "s")
	w.modeList(reset, "h")
	w.modeList(set, "l")
	w.keptOthers()
}

// keptOthers does the same for otherModes, of which one may exclude another.
func (w *writer) keptOthers() {
	kept := &w.s.kept
	for k, n := range otherModes {
		on := kept.other>>k&1 != 0
		switch {
		case kept.knownOther>>k&1 == 0 || on && isScreenMode(n):
		case on:
			for _, final := range []string{"h", "s", "l"} {
				w.modeList([]int{n}, final)
			}
		default:
			w.modeList([]int{n}, "s")
		}
	}
}

// keptTelling saves the modes that keptModes did not dare to set, if they are set.
func (w *writer) keptTelling() {
	var save []int
	for _, p := range privateModes {
		if p.mode&tellingModes&w.s.kept.bits&w.s.modes != 0 {
			save = append(save, p.number)
		}
	}
	w.modeList(save, "s")
}

// keptScreens saves the modes that say which screen is shown, on the alternate one.
func (w *writer) keptScreens() { w.modeList(w.s.keptScreens(), "s") }

// keptScreens returns which of the modes for the alternate screen XTSAVE kept as
// set.
func (s *state) keptScreens() []int {
	var kept []int
	for k, n := range otherModes {
		if s.kept.other>>k&1 != 0 && isScreenMode(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

func isScreenMode(n int) bool { return n == 47 || n == 1047 || n == 1049 }
