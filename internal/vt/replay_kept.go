package vt

// tellingModes make a terminal tell something at once when they are set, and so
// are not set only to be kept.
const tellingModes = modeFocus | modeInBandResize

// keptModes makes the terminal keep as set, for XTRESTORE, what XTSAVE kept so:
// sets each mode, saves it, and resets it again. What is kept as reset is so from the
// start. All modes are the default ones when it begins, and when it ends.
func (w *writer) keptModes() {
	bits := w.s.kept.bits &^ tellingModes
	var set, save []int
	for _, n := range privateNumbers {
		m := privateModes[n]
		if bits&m == 0 {
			continue
		}
		save = append(save, n)
		if defaultModes&m == 0 {
			set = append(set, n)
		}
	}
	w.modeList(set, "h")
	w.modeList(save, "s")
	w.modeList(set, "l")
	for k, n := range otherModes {
		if w.s.kept.other>>k&1 != 0 && !isScreenMode(n) {
			for _, final := range []string{"h", "s", "l"} {
				w.modeList([]int{n}, final)
			}
		}
	}
}

// keptTelling saves the modes that keptModes did not dare to set, if they are set.
func (w *writer) keptTelling() {
	var save []int
	for _, n := range privateNumbers {
		if m := privateModes[n]; m&tellingModes&w.s.kept.bits&w.s.modes != 0 {
			save = append(save, n)
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
