package vt

import "slices"

// modeSet is the modes that are on or off and no more.
type modeSet uint64

const (
	modeAppCursor modeSet = 1 << iota
	modeAppKeypad
	modeBackarrow
	modeWrap
	modeReverseWrap
	modeReverseWrapExtended
	modeLeftRight // DECLRMM
	modeReverseVideo
	modeAutoRepeat
	modeCursorBlink
	modeCursorVisible
	modeInsert
	modeNewline
	modeFocus
	modeBracketedPaste
	modeAlternateScroll
	modeSync
	modeGraphemes
	modeSixelDisplay
	modeSixelCursorRight
	modeMetaEscape
	modeAltEscape
	modeUrgentBell
	modeColorScheme
	modeInBandResize
	modeAllow132
	modeKeyboardLocked
	modeSendReceive
	modeSmoothScroll
	modeNumLock
	modeMoreFix
	modeNoClearOnColumns
	modePopOnBell
	modePrintFormFeed
	modePrintExtent
	modeShiftFonts
	modeNational // DECNRCM: a matter of keyboards, national sets are taken without it
	modeMarginBell
	modeScrollOnOutput
	modeScrollOnKey
	modeEightBitMeta
	modeDeleteKey
	modeKeepSelection
	modeSelectClipboard
	modeKeepClipboard
)

// defaultModes are on after a reset.
const defaultModes = modeWrap | modeAutoRepeat | modeCursorVisible | modeAlternateScroll |
	modeSendReceive | modeNumLock

// softModes are what a soft reset puts back to the default. xterm leaves
// bracketed paste, focus events and the mouse alone.
const softModes = modeAppCursor | modeAppKeypad | modeWrap | modeReverseWrap | modeReverseWrapExtended |
	modeLeftRight | modeCursorVisible | modeInsert | modeKeyboardLocked | modeNational

// privateModes are the modes of DECSET that are a bit, in the order of their numbers.
var privateModes = [...]struct {
	number int
	mode   modeSet
}{
	{1, modeAppCursor},
	{4, modeSmoothScroll},
	{5, modeReverseVideo},
	{7, modeWrap},
	{8, modeAutoRepeat},
	{12, modeCursorBlink},
	{18, modePrintFormFeed},
	{19, modePrintExtent},
	{25, modeCursorVisible},
	{35, modeShiftFonts},
	{40, modeAllow132},
	{41, modeMoreFix},
	{42, modeNational},
	{44, modeMarginBell},
	{45, modeReverseWrap},
	{66, modeAppKeypad},
	{67, modeBackarrow},
	{69, modeLeftRight},
	{80, modeSixelDisplay},
	{95, modeNoClearOnColumns},
	{1004, modeFocus},
	{1007, modeAlternateScroll},
	{1010, modeScrollOnOutput},
	{1011, modeScrollOnKey},
	{1034, modeEightBitMeta},
	{1035, modeNumLock},
	{1036, modeMetaEscape},
	{1037, modeDeleteKey},
	{1039, modeAltEscape},
	{1040, modeKeepSelection},
	{1041, modeSelectClipboard},
	{1042, modeUrgentBell},
	{1043, modePopOnBell},
	{1044, modeKeepClipboard},
	{1045, modeReverseWrapExtended},
	{2004, modeBracketedPaste},
	{2026, modeSync},
	{2027, modeGraphemes},
	{2031, modeColorScheme},
	{2048, modeInBandResize},
	{8452, modeSixelCursorRight},
}

// privateMode returns the bit of mode n, or none.
func privateMode(n int) modeSet {
	low, high := 0, len(privateModes)
	for low < high { // sort.Search calls a function for each look
		if at := (low + high) / 2; privateModes[at].number < n {
			low = at + 1
		} else {
			high = at
		}
	}
	if low < len(privateModes) && privateModes[low].number == n {
		return privateModes[low].mode
	}
	return 0
}

// ansiModes are the modes of SM.
var ansiModes = map[int]modeSet{
	2:  modeKeyboardLocked,
	4:  modeInsert,
	12: modeSendReceive,
	20: modeNewline,
}

// mouseMode is which mouse events a program asked for: the number of the mode.
type mouseMode uint16

const (
	mouseNone      mouseMode = 0
	mouseX10       mouseMode = 9
	mouseVT200     mouseMode = 1000
	mouseHighlight mouseMode = 1001
	mouseButton    mouseMode = 1002
	mouseAny       mouseMode = 1003
)

// mouseEncoding is how mouse events are to be told: the number of the mode.
type mouseEncoding uint16

const (
	encodingDefault   mouseEncoding = 0
	encodingUTF8      mouseEncoding = 1005
	encodingSGR       mouseEncoding = 1006
	encodingURXVT     mouseEncoding = 1015
	encodingSGRPixels mouseEncoding = 1016
)

// mouseSet is which modes of the mouse were set and not reset, a bit for each of
// mouseNumbers: some terminals, as VTE, go back to another that is still set when the
// one in force is reset.
type mouseSet uint16

// mouseNumbers are the modes of the mouse: what is told of it, and then how.
var mouseNumbers = [...]int{9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016}

const mouseEncodings = 5 // the first of mouseNumbers that says how

func (m mouseSet) with(n int, on bool) mouseSet {
	bit := mouseSet(1) << slices.Index(mouseNumbers[:], n)
	if on {
		return m | bit
	}
	return m &^ bit
}

func (m mouseSet) has(n int) bool { return m.with(n, true) == m }

func (t *Terminal) on(m modeSet) bool { return t.modes&m != 0 }

func (t *Terminal) setMode(m modeSet, on bool) {
	if on {
		t.modes |= m
	} else {
		t.modes &^= m
	}
}

// setANSIModes is SM and RM.
func (t *Terminal) setANSIModes(on bool) {
	for i := range int(t.parser.seq.nparams) {
		t.setMode(ansiModes[t.parser.seq.at(i, 0)], on)
	}
}

// setPrivateModes is DECSET and DECRST.
func (t *Terminal) setPrivateModes(on bool) {
	for i := range int(t.parser.seq.nparams) {
		t.setPrivateMode(t.parser.seq.at(i, 0), on)
	}
}

func (t *Terminal) setPrivateMode(n int, on bool) {
	switch n {
	case 3:
		t.columnMode()
	case 6:
		t.cur.origin = on
		t.home()
	case 9, 1000, 1001, 1002, 1003:
		t.mouseSet = t.mouseSet.with(n, on)
		t.mouse = mouseNone
		if on {
			t.mouse = mouseMode(n)
		}
	case 1005, 1006, 1015, 1016:
		t.mouseSet = t.mouseSet.with(n, on)
		if on {
			t.mouseEnc = mouseEncoding(n)
		} else if t.mouseEnc == mouseEncoding(n) {
			t.mouseEnc = encodingDefault
		}
	case 47, 1047, 1048, 1049:
		t.switchScreen(n, on)
	case 69:
		t.setMode(modeLeftRight, on && t.conformance >= 64)
		if !on {
			t.left, t.right = 0, t.grid.size.Cols-1
		}
	default:
		t.setMode(privateMode(n), on)
		if n == 2048 {
			t.reportSize()
		}
	}
}

// columnMode is DECCOLM. The size is not ours to change, but if changing columns
// is allowed (mode 40) it clears the screen and resets the margins all the same.
func (t *Terminal) columnMode() {
	if !t.on(modeAllow132) {
		return
	}
	t.resetMargins()
	t.home()
	if !t.on(modeNoClearOnColumns) || t.conformance < 65 {
		t.clearScreen()
	}
}
