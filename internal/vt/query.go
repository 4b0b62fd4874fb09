package vt

import "fmt"

// Cells are taken to be this large, in pixels, where an image takes room. A program
// that asks is told what is known, see Effects.Pixels.
const (
	cellHeight = 16
	cellWidth  = 8
)

// reply hands an answer to the owner, if it wants them.
func (t *Terminal) reply(format string, args ...any) {
	if t.cfg.Effects.Reply != nil {
		t.cfg.Effects.Reply(fmt.Appendf(nil, format, args...))
	}
}

// answerback is ENQ; there is no message.
func (t *Terminal) answerback() { t.reply("") }

// deviceAttributes is DA1: a VT220 with ANSI colours.
func (t *Terminal) deviceAttributes() { t.reply("\x1b[?62;22c") }

func (t *Terminal) secondaryAttributes(n int) {
	if n == 0 {
		t.reply("\x1b[>1;10;0c")
	}
}

func (t *Terminal) tertiaryAttributes(n int) {
	if n == 0 {
		t.reply("\x1bP!|00000000\x1b\\")
	}
}

// reportVersion is XTVERSION.
func (t *Terminal) reportVersion(n int) {
	if n == 0 {
		t.reply("\x1bP>|xsh\x1b\\")
	}
}

// deviceStatus is DSR.
func (t *Terminal) deviceStatus(n int) {
	switch n {
	case 5:
		t.reply("\x1b[0n")
	case 6:
		row, col := t.addressed()
		t.reply("\x1b[%d;%dR", row+1, col+1)
	}
}

// privateStatus is DSR with a question mark: there is no printer, no user defined
// key is locked, the keyboard is North American, there is no locator, no macro.
func (t *Terminal) privateStatus(n int) {
	switch n {
	case 6:
		row, col := t.addressed()
		t.reply("\x1b[?%d;%d;1R", row+1, col+1)
	case 15:
		t.reply("\x1b[?13n")
	case 25:
		t.reply("\x1b[?20n")
	case 26:
		t.reply("\x1b[?27;1;0;0n")
	case 53, 55:
		t.reply("\x1b[?50n")
	case 56:
		t.reply("\x1b[?57;0n")
	case 62:
		t.reply("\x1b[0000*{")
	case 63:
		t.reply("\x1bP%d!~0000\x1b\\", t.parser.seq.at(1, 0))
	case 75:
		t.reply("\x1b[?70n")
	case 85:
		t.reply("\x1b[?83n")
	case 996:
		t.reply("\x1b[?997;%dn", t.colorScheme())
	}
}

// colorScheme is 1 for light on dark, 2 for dark on light.
func (t *Terminal) colorScheme() int {
	r, g, b, ok := t.dynamic[1].RGB()
	if ok && 299*int(r)+587*int(g)+114*int(b) > 128*1000 {
		return 2
	}
	return 1
}

// terminalParameters is DECREQTPARM.
func (t *Terminal) terminalParameters(n int) {
	if n <= 1 {
		t.reply("\x1b[%d;1;1;128;128;1;0x", n+2)
	}
}

// reportMode is DECRQM, of VT320s and up.
func (t *Terminal) reportMode(n int, private bool) {
	if t.conformance < 63 {
		return
	}
	mark, value := "", t.ansiModeValue(n)
	if private {
		mark, value = "?", t.privateModeValue(n)
	}
	t.reply("\x1b[%s%d;%d$y", mark, n, value)
}

func (t *Terminal) ansiModeValue(n int) int {
	switch n {
	case 1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19: // those of ANSI X3.64 that xterm has not either
		return modeIsAlwaysReset
	}
	m, ok := ansiModes[n]
	return modeValue(ok, t.on(m))
}

func (t *Terminal) privateModeValue(n int) int {
	switch n {
	case 3:
		return modeValue(true, false)
	case 6:
		return modeValue(true, t.cur.origin)
	case 9, 1000, 1001, 1002, 1003:
		return modeValue(true, t.mouse == mouseMode(n))
	case 1005, 1006, 1015, 1016:
		return modeValue(true, t.mouseEnc == mouseEncoding(n))
	case 47, 1047, 1049:
		return modeValue(true, t.onAlt)
	case 1048:
		return modeValue(true, true)
	}
	m := privateMode(n)
	return modeValue(m != 0, t.on(m))
}

// What DECRQM says of a mode.
const (
	modeUnknown       = 0
	modeIsSet         = 1
	modeIsReset       = 2
	modeIsAlwaysReset = 4
)

func modeValue(known, on bool) int {
	switch {
	case !known:
		return modeUnknown
	case on:
		return modeIsSet
	}
	return modeIsReset
}

// reportSize tells the size unasked, as mode 2048 has it: when the mode is set, and
// after every change.
func (t *Terminal) reportSize() {
	if t.on(modeInBandResize) {
		s := t.grid.size
		wide, high := t.pixels()
		t.reply("\x1b[48;%d;%d;%d;%dt", s.Rows, s.Cols, high, wide)
	}
}

// pixels is the screen's size in pixels; zero if nobody knows.
func (t *Terminal) pixels() (wide, high int) {
	if f := t.cfg.Effects.Pixels; f != nil {
		wide, high = f()
	}
	if size := t.grid.size; wide < size.Cols || high < size.Rows {
		return 0, 0
	}
	return wide, high
}

// reportPixels answers a question for a size in pixels, if it is known: by a wrong one an
// image would be too large or too small, while every program has a way without.
func (t *Terminal) reportPixels(format string, rows, cols int) {
	if wide, high := t.pixels(); wide > 0 {
		t.reply(format, high/rows, wide/cols)
	}
}

func (t *Terminal) reportKittyKeys() {
	t.reply("\x1b[?%du", t.kittyKeys().current())
}

// reportKeyFormat is XTQMODKEYS.
func (t *Terminal) reportKeyFormat(n int) {
	if n == 4 {
		t.reply("\x1b[>4;%dm", t.otherKeys)
	}
}

// windowOp is XTWINOPS: reports, and the title stack. The title itself is not
// told, since it would be typed into whatever reads next.
func (t *Terminal) windowOp() {
	s := &t.parser.seq
	size := t.grid.size
	switch s.at(0, 0) {
	case 11:
		t.reply("\x1b[1t")
	case 13:
		t.reply("\x1b[3;0;0t")
	case 14:
		t.reportPixels("\x1b[4;%d;%dt", 1, 1)
	case 15:
		t.reportPixels("\x1b[5;%d;%dt", 1, 1)
	case 16:
		t.reportPixels("\x1b[6;%d;%dt", size.Rows, size.Cols)
	case 18:
		t.reply("\x1b[8;%d;%dt", size.Rows, size.Cols)
	case 19:
		t.reply("\x1b[9;%d;%dt", size.Rows, size.Cols)
	case 20:
		t.reply("\x1b]L\x1b\\")
	case 21:
		t.reply("\x1b]l\x1b\\")
	case 22:
		t.pushTitle(s.at(1, 0))
	case 23:
		t.popTitle(s.at(1, 0))
	}
}
