package vt

// maxColorStack is how many sets of colours XTPUSHCOLORS keeps.
const maxColorStack = 10

// colorStack is the sets that XTPUSHCOLORS keeps. Those from used on are popped, but
// can be named.
type colorStack struct {
	sets []colorSet
	used int
}

// pushColors is XTPUSHCOLORS: it pushes the colours, or keeps them as entry n, from
// 1, up to which the stack then is.
func (t *Terminal) pushColors(n int) {
	s := &t.colorStack
	if n == 0 {
		n = s.used + 1
	}
	if n > maxColorStack {
		return
	}
	sets := make([]colorSet, max(n, len(s.sets)))
	copy(sets, s.sets)
	sets[n-1] = t.colorSet
	*s = colorStack{sets, n}
}

// popColors is XTPOPCOLORS: it brings back the colours pushed last, or entry n.
func (t *Terminal) popColors(n int) {
	s := &t.colorStack
	if n == 0 {
		n = s.used
	}
	if n > 0 && n <= len(s.sets) {
		t.colorSet = s.sets[n-1]
		s.used = n - 1
	}
}

// reportColors is XTREPORTCOLORS.
func (t *Terminal) reportColors() {
	t.reply("\x1b[?%d;%d#Q", t.colorStack.used, len(t.colorStack.sets))
}
