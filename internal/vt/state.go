package vt

// cursor is the position and what goes with it into DECSC.
type cursor struct {
	row, col int
	pending  bool // the last column was written: the next character wraps first
	origin   bool // DECOM
	pen      Style
	sets     charsets
}

// state is all that a terminal knows beside its cells. It is copied by value into
// a snapshot: what its fields point to is never changed, only replaced.
type state struct {
	cur   cursor
	saved [2]cursor // DECSC, of the primary and of the alternate screen
	onAlt bool

	// Margins, inclusive. left and right are only other than the edges under
	// DECLRMM.
	top, bottom, left, right int

	modes      modeSet
	kept       savedModes
	mouse      mouseMode
	mouseEnc   mouseEncoding
	mouseSet   mouseSet
	protectISO bool // the protected cells were made by SPA: ED and EL spare them too

	cursorShape uint8 // DECSCUSR as it was given; 0 the default
	otherKeys   uint8 // modifyOtherKeys
	kitty       [2]kittyStack
	conformance uint8 // DECSCL: 61..65
	rectExtent  uint8 // DECSACE as it was given
	tabs        tabStops
	colorSet
	title      titles
	titleStack []titles
	penStack   []pushedPen
	colorStack colorStack
	cwd        string
	pointers   []string // the shapes of the mouse pointer, the one in force last
	progress   progress
}

// titles is the window's title and the icon's name, and whether a program set them.
type titles struct {
	window, icon string
	set          bool
}

// defaultConformance is the level of a terminal that was never told one.
const defaultConformance = 65

// newState is the state after a reset.
func newState(size Size) state {
	return state{
		bottom:      size.Rows - 1,
		right:       size.Cols - 1,
		modes:       defaultModes,
		conformance: defaultConformance,
	}
}

// screenIndex is 1 on the alternate screen: which saved cursor and keyboard
// stack is meant.
func (s *state) screenIndex() int {
	if s.onAlt {
		return 1
	}
	return 0
}
