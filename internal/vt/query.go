package vt

import "fmt"

// QueryKind says which query an answer is for.
type QueryKind uint8

const (
	QueryDA1             QueryKind = iota + 1
	QueryDA2                       // CSI > c
	QueryDA3                       // CSI = c
	QueryStatus                    // DSR 5
	QueryCursor                    // CPR
	QueryExtendedCursor            // DECXCPR
	QueryDeviceStatus              // the other DSR with ?: printer, keyboard, locator, macros, ...
	QueryMode                      // DECRQM
	QuerySetting                   // DECRQSS
	QueryTermcap                   // XTGETTCAP
	QueryVersion                   // XTVERSION
	QueryPalette                   // OSC 4
	QueryForeground                // OSC 10
	QueryBackground                // OSC 11
	QueryCursorColor               // OSC 12
	QueryColor                     // OSC 13 to 19
	QueryWindow                    // XTWINOPS reports, DECRQDE
	QueryTitle                     // XTWINOPS 20 and 21
	QueryKittyKeys                 // CSI ? u
	QueryModifyOtherKeys           // CSI ? 4 m
	QueryChecksum                  // DECRQCRA, and DSR ? 63 of the macros
	QueryAnswerback                // ENQ
	QueryParameters                // DECREQTPARM
	QueryKittyGraphics             // APC G with a=q
	QueryColorScheme               // DSR ? 996
	QueryPresentation              // DECRQPSR
	QueryGraphics                  // XTSMGRAPHICS
	QueryITerm                     // OSC 1337
	QueryInBandSize                // mode 2048: the size, when that changed
)

// Cells are taken to be this large, in pixels, where a program asks.
const (
	cellHeight = 16
	cellWidth  = 8
)

// reply hands an answer to the owner, if it wants them.
func (t *Terminal) reply(kind QueryKind, format string, args ...any) {
	if t.cfg.Effects.Reply != nil {
		t.cfg.Effects.Reply(kind, fmt.Appendf(nil, format, args...))
	}
}

// answerback is ENQ; there is no message.
func (t *Terminal) answerback() { t.reply(QueryAnswerback, "") }

// deviceAttributes is DA1: a VT220 with ANSI colours.
func (t *Terminal) deviceAttributes() { t.reply(QueryDA1, "\x1b[?62;22c") }

func (t *Terminal) secondaryAttributes(n int) {
	if n == 0 {
		t.reply(QueryDA2, "\x1b[>1;10;0c")
	}
}

func (t *Terminal) tertiaryAttributes(n int) {
	if n == 0 {
		t.reply(QueryDA3, "\x1bP!|00000000\x1b\\")
	}
}

// reportVersion is XTVERSION.
func (t *Terminal) reportVersion(n int) {
	if n == 0 {
		t.reply(QueryVersion, "\x1bP>|xsh\x1b\\")
	}
}

// deviceStatus is DSR.
func (t *Terminal) deviceStatus(n int) {
	switch n {
	case 5:
		t.reply(QueryStatus, "\x1b[0n")
	case 6:
		row, col := t.addressed()
		t.reply(QueryCursor, "\x1b[%d;%dR", row+1, col+1)
	}
}

// privateStatus is DSR with a question mark: there is no printer, no user defined
// key is locked, the keyboard is North American, there is no locator, no macro.
func (t *Terminal) privateStatus(n int) {
	const k = QueryDeviceStatus
	switch n {
	case 6:
		row, col := t.addressed()
		t.reply(QueryExtendedCursor, "\x1b[?%d;%d;1R", row+1, col+1)
	case 15:
		t.reply(k, "\x1b[?13n")
	case 25:
		t.reply(k, "\x1b[?20n")
	case 26:
		t.reply(k, "\x1b[?27;1;0;0n")
	case 53, 55:
		t.reply(k, "\x1b[?50n")
	case 56:
		t.reply(k, "\x1b[?57;0n")
	case 62:
		t.reply(k, "\x1b[0000*{")
	case 63:
		t.reply(QueryChecksum, "\x1bP%d!~0000\x1b\\", t.parser.seq.at(1, 0)) // as DECRQCRA's answer is
	case 75:
		t.reply(k, "\x1b[?70n")
	case 85:
		t.reply(k, "\x1b[?83n")
	case 996:
		t.reply(QueryColorScheme, "\x1b[?997;%dn", t.colorScheme())
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
		t.reply(QueryParameters, "\x1b[%d;1;1;128;128;1;0x", n+2)
	}
}

// reportMode is DECRQM.
func (t *Terminal) reportMode(n int, private bool) {
	mark, value := "", t.ansiModeValue(n)
	if private {
		mark, value = "?", t.privateModeValue(n)
	}
	t.reply(QueryMode, "\x1b[%s%d;%d$y", mark, n, value)
}

func (t *Terminal) ansiModeValue(n int) int {
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
	m, ok := privateModes[n]
	return modeValue(ok, t.on(m))
}

// What DECRQM says of a mode.
const (
	modeUnknown = 0
	modeIsSet   = 1
	modeIsReset = 2
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
		t.reply(QueryInBandSize, "\x1b[48;%d;%d;%d;%dt", s.Rows, s.Cols, s.Rows*cellHeight, s.Cols*cellWidth)
	}
}

func (t *Terminal) reportKittyKeys() {
	t.reply(QueryKittyKeys, "\x1b[?%du", t.kittyKeys().current())
}

// reportKeyFormat is XTQMODKEYS.
func (t *Terminal) reportKeyFormat(n int) {
	if n == 4 {
		t.reply(QueryModifyOtherKeys, "\x1b[>4;%dm", t.otherKeys)
	}
}

// windowOp is XTWINOPS: reports, and the title stack. The title itself is not
// told, since it would be typed into whatever reads next.
func (t *Terminal) windowOp() {
	s := &t.parser.seq
	size := t.grid.size
	high, wide := size.Rows*cellHeight, size.Cols*cellWidth
	const k = QueryWindow
	switch s.at(0, 0) {
	case 11:
		t.reply(k, "\x1b[1t")
	case 13:
		t.reply(k, "\x1b[3;0;0t")
	case 14:
		t.reply(k, "\x1b[4;%d;%dt", high, wide)
	case 15:
		t.reply(k, "\x1b[5;%d;%dt", high, wide)
	case 16:
		t.reply(k, "\x1b[6;%d;%dt", cellHeight, cellWidth)
	case 18:
		t.reply(k, "\x1b[8;%d;%dt", size.Rows, size.Cols)
	case 19:
		t.reply(k, "\x1b[9;%d;%dt", size.Rows, size.Cols)
	case 20:
		t.reply(QueryTitle, "\x1b]L\x1b\\")
	case 21:
		t.reply(QueryTitle, "\x1b]l\x1b\\")
	case 22:
		t.pushTitle()
	case 23:
		t.popTitle(s.at(1, 0))
	}
}
