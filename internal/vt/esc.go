package vt

// esc acts on an escape sequence.
func (t *Terminal) esc() {
	final := t.parser.final
	if t.parser.seq.ninter == 0 {
		t.plainEsc(final)
		return
	}
	switch inter := t.parser.seq.inter[0]; inter {
	case '(', ')', '*', '+':
		t.designate(int(inter-'('), final)
	case '-', '.', '/':
		t.designate(int(inter-'-')+1, final)
	case '#':
		switch final {
		case '3':
			t.doubleRow(rowTall)
		case '4':
			t.doubleRow(rowDouble)
		case '5':
			t.doubleRow(0)
		case '6':
			t.doubleRow(rowWide)
		case '8':
			t.alignment()
		}
	}
}

// doubleRow is DECDHL, DECSWL and DECDWL. That the cursor's row looks so is kept, for
// terminals that can show it; its columns stay as they are, as in most others.
func (t *Terminal) doubleRow(how rowFlags) {
	m := t.grid.info(t.cur.row)
	m.flags = m.flags&^rowDouble | how
}

// designate is SCS. Sets whose names take two bytes are taken as ASCII, but for
// those of the multinational replacements that a program may still use.
func (t *Terminal) designate(n int, final byte) {
	if t.parser.seq.ninter == 2 {
		switch key := string([]byte{t.parser.seq.inter[1], final}); key {
		case "%6", "%=", "%5", "%2", "\"?", "\"4", "&4", "&5", "%0", "%3", "\">":
			final = 'B'
		default:
			return
		}
	}
	t.cur.sets.designate(n, final)
}

func (t *Terminal) plainEsc(final byte) {
	switch final {
	case '6':
		t.backIndex()
	case '7':
		t.saveCursor()
	case '8':
		t.restoreCursor()
	case '9':
		t.forwardIndex()
	case '=':
		t.modes |= modeAppKeypad
	case '>':
		t.modes &^= modeAppKeypad
	case 'D':
		t.index()
	case 'E':
		t.index()
		t.carriageReturn()
	case 'H':
		t.tabs = t.tabs.with(t.cur.col, true)
	case 'M':
		t.reverseIndex()
	case 'N':
		t.cur.sets.single = 2
	case 'O':
		t.cur.sets.single = 3
	case 'V':
		t.protect(true, true)
	case 'W':
		t.protect(false, true)
	case 'Z':
		t.deviceAttributes()
	case 'c':
		t.reset()
	case 'l':
		t.lockMemory(t.cur.row)
	case 'm':
		t.lockMemory(0)
	case 'n':
		t.cur.sets.gl = 2
	case 'o':
		t.cur.sets.gl = 3
	case '|':
		t.cur.sets.gr = 3
	case '}':
		t.cur.sets.gr = 0
	case '~':
		t.cur.sets.gr = 1
	}
}

// lockMemory is the memory lock of HP terminals: what is above row top does not
// scroll. The cursor stays.
func (t *Terminal) lockMemory(top int) {
	if top < t.bottom {
		t.top = top
	}
}

// protect is DECSCA, and SPA and EPA: what is printed from now on is protected
// from erasing. EPA alone does not change whom the protection is from.
func (t *Terminal) protect(on, iso bool) {
	t.cur.pen.Attrs &^= AttrProtected
	if on {
		t.cur.pen.Attrs |= AttrProtected
	}
	if on || !iso {
		t.protectISO = iso
	}
	t.penStale = true
}
