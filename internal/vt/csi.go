package vt

// What control sequences are told apart by: see sequence.key.
const (
	keyQuestion = uint32('?') << 24
	keyGreater  = uint32('>') << 24
	keyLess     = uint32('<') << 24
	keyEqual    = uint32('=') << 24
	keySpace    = uint32(' ') << 8
	keyBang     = uint32('!') << 8
	keyQuote    = uint32('"') << 8
	keyDollar   = uint32('$') << 8
	keyTick     = uint32('\'') << 8
	keyStar     = uint32('*') << 8
	keyHash     = uint32('#') << 8
)

// csi acts on a control sequence.
func (t *Terminal) csi() {
	seq := &t.parser.seq
	key := seq.key(t.parser.final)
	if seq.sub != 0 && key != 'm' {
		return // SGR alone has sub-parameters
	}
	if key > 0xff {
		t.csiMarked(key)
		return
	}
	n := seq.at(0, 1)
	switch byte(key) {
	case '@':
		t.insertCharacters(n)
	case 'A':
		t.cursorUp(n)
	case 'B':
		t.cursorDown(n)
	case 'C':
		t.cursorForward(n)
	case 'D':
		t.cursorBack(n)
	case 'E':
		t.cursorDown(n)
		t.carriageReturn()
	case 'F':
		t.cursorUp(n)
		t.carriageReturn()
	case 'G', '`':
		row, _ := t.addressed()
		t.address(row, n-1)
	case 'H', 'f':
		t.address(n-1, seq.at(1, 1)-1)
	case 'I':
		t.tab(n)
	case 'J':
		t.eraseInDisplay(seq.at(0, 0), false)
	case 'K':
		t.eraseInLine(seq.at(0, 0), false)
	case 'L':
		t.insertLines(n)
	case 'M':
		t.deleteLines(n)
	case 'P':
		t.deleteCharacters(n)
	case 'S':
		t.scrollUp(n)
	case 'T':
		// 0 is not the default here: with more parameters it is highlight tracking.
		if seq.nparams == 0 || seq.nparams == 1 && seq.at(0, 0) > 0 {
			t.scrollDown(n)
		}
	case 'X':
		t.eraseCharacters(n)
	case 'Z':
		t.backTab(n)
	case '^':
		t.scrollDown(n)
	case 'a':
		row, col := t.addressed()
		t.address(row, col+n)
	case 'b':
		t.repeat(t.last, n)
	case 'c':
		if seq.at(0, 0) == 0 {
			t.deviceAttributes()
		}
	case 'd':
		_, col := t.addressed()
		t.address(n-1, col)
	case 'e':
		row, col := t.addressed()
		t.address(row+n, col)
	case 'g':
		t.clearTabs(seq.at(0, 0))
	case 'h':
		t.setANSIModes(true)
	case 'l':
		t.setANSIModes(false)
	case 'm':
		t.sgr()
	case 'n':
		t.deviceStatus(seq.at(0, 0))
	case 'r':
		t.setTopBottom()
	case 's':
		if t.on(modeLeftRight) {
			t.setLeftRight()
		} else {
			t.saveCursor()
		}
	case 't':
		t.windowOp()
	case 'u':
		t.restoreCursor()
	case 'x':
		t.terminalParameters(seq.at(0, 0))
	}
}

// csiMarked acts on a control sequence with a private marker or intermediates.
func (t *Terminal) csiMarked(key uint32) {
	seq := &t.parser.seq
	n := seq.at(0, 1)
	switch key {
	case keyQuestion | 'J':
		t.eraseInDisplay(seq.at(0, 0), true)
	case keyQuestion | 'K':
		t.eraseInLine(seq.at(0, 0), true)
	case keyQuestion | 'W':
		if seq.at(0, 0) == 5 {
			t.tabs = nil
		}
	case keyQuestion | 'h':
		t.setPrivateModes(true)
	case keyQuestion | 'l':
		t.setPrivateModes(false)
	case keyQuestion | 'm':
		t.reportKeyFormat(seq.at(0, 0))
	case keyQuestion | 'n':
		t.privateStatus(seq.at(0, 0))
	case keyQuestion | 'r':
		t.restoreModes()
	case keyQuestion | 's':
		t.saveModes()
	case keyQuestion | 'u':
		t.reportKittyKeys()
	case keyGreater | 'c':
		t.secondaryAttributes(seq.at(0, 0))
	case keyEqual | 'c':
		t.tertiaryAttributes(seq.at(0, 0))
	case keyGreater | 'm':
		t.setKeyFormat()
	case keyGreater | 'n':
		if seq.at(0, 0) == 4 {
			t.otherKeys = 0
		}
	case keyGreater | 'q':
		t.reportVersion(seq.at(0, 0))
	case keyGreater | 'u':
		t.kittyPush(seq.at(0, 0))
	case keyLess | 'u':
		t.kittyPop(n)
	case keyEqual | 'u':
		t.kittySet(seq.at(0, 0), seq.at(1, 1))
	case keySpace | '@':
		t.scrollColumns(-n)
	case keySpace | 'A':
		t.scrollColumns(n)
	case keySpace | 'q':
		if s := seq.at(0, 0); s <= 6 {
			t.cursorShape = uint8(s)
		}
	case keyBang | 'p':
		t.softReset()
	case keyQuote | 'p':
		t.setConformance(seq.at(0, 65), seq.at(1, 0))
	case keyQuote | 'q':
		t.protect(seq.at(0, 0) == 1, false)
	case keyDollar | 'p':
		t.reportMode(seq.at(0, 0), false)
	case keyQuestion | keyDollar | 'p':
		t.reportMode(seq.at(0, 0), true)
	case keyHash | '{', keyHash | 'p':
		t.pushPen()
	case keyHash | '}', keyHash | 'q':
		t.popPen()
	case keyHash | 'P':
		t.pushColors(seq.at(0, 0))
	case keyHash | 'Q':
		t.popColors(seq.at(0, 0))
	case keyHash | 'R':
		t.reportColors()
	case keyTick | '}':
		t.editColumns(n)
	case keyTick | '~':
		t.editColumns(-n)
	case keyDollar | 'r', keyDollar | 't', keyDollar | 'v', keyDollar | 'x', keyDollar | 'z', keyDollar | '{':
		t.rectangle(byte(key))
	case keyDollar | 'w':
		t.reportPresentation(seq.at(0, 0))
	case keyQuestion | 'S':
		t.reply("\x1b[?%d;3S", seq.at(0, 0))
	case keyQuote | 'v':
		t.reply("\x1b[%d;%d;1;1;1\"w", t.grid.size.Rows, t.grid.size.Cols)
	case keyStar | 'x':
		if n := seq.at(0, 0); n <= extentRectangle {
			t.rectExtent = uint8(n)
		}
	case keyStar | 'y':
		t.reportChecksum()
	}
}
