package vt

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/xsh-project/xsh/internal/termreset"
)

// frameState is what a client's terminal is told of beside its cells: what makes
// the input right that it sends, and how its cursor looks. The zero value is a
// plain terminal's, but for visible.
type frameState struct {
	modes     modeSet // of frameModes
	mouse     mouseMode
	mouseEnc  mouseEncoding
	otherKeys uint8
	kitty     uint8
	shape     uint8 // DECSCUSR
	color     Color // of the cursor
	title     string
	pointer   string // the mouse pointer's shape
	progress  progress

	visible bool // the cursor

	// Of a state that is wanted alone: the cursor's place in the viewport, and
	// whether that is there.
	row, col int
	inside   bool
}

// frameModes are the modes of a program that a client's terminal gets. Locking the
// keyboard (mode 2) is not one: the detach key would be locked as well. Nor are
// size reports (mode 2048): the client's size is not the session's.
var frameModes = [...]struct {
	mode    modeSet
	on, off string
}{
	{modeAppCursor, "\x1b[?1h", "\x1b[?1l"},
	{modeAppKeypad, "\x1b=", termreset.Undo(termreset.AppKeypad)},
	{modeReverseVideo, "\x1b[?5h", "\x1b[?5l"},
	{modeCursorBlink, "\x1b[?12h", "\x1b[?12l"},
	{modeNewline, "\x1b[20h", termreset.Undo(termreset.NewlineMode)},
	{modeBackarrow, "\x1b[?67h", "\x1b[?67l"},
	{modeFocus, "\x1b[?1004h", "\x1b[?1004l"},
	{modeAlternateScroll, "\x1b[?1007h", "\x1b[?1007l"},
	{modeBracketedPaste, "\x1b[?2004h", "\x1b[?2004l"},
	{modeColorScheme, "\x1b[?2031h", "\x1b[?2031l"},
}

// wantState is the state that the client's terminal is to have for s.
func (r *Renderer) wantState(s *Snapshot) frameState {
	w := frameState{
		modes:     s.modes,
		mouse:     s.mouse,
		mouseEnc:  s.mouseEnc,
		otherKeys: s.otherKeys,
		kitty:     s.kitty[s.screenIndex()].current(),
		shape:     s.cursorShape,
		color:     s.dynamic[2],
		title:     s.title.window,
		pointer:   s.pointer(),
		progress:  s.progress,
		row:       s.cur.row - r.top,
		col:       s.cur.col - r.left,
	}
	if !s.onAlt {
		// The client is on an alternate screen, the program is not: turning the
		// wheel must not type arrow keys into a shell.
		w.modes &^= modeAlternateScroll
	}
	if w.mouse == mouseHighlight {
		w.mouse = mouseVT200 // would wait for the program's answer to each press
	}
	if r.caps.Picture {
		w = frameState{modes: s.modes & modeReverseVideo, shape: w.shape, row: w.row, col: w.col}
	}
	w.inside = w.row >= 0 && w.row < r.size.Rows && w.col >= 0 && w.col < r.size.Cols
	w.visible = w.inside && s.modes&modeCursorVisible != 0
	return w
}

// setState changes what differs, but for the cursor's place and visibility.
func (r *Renderer) setState(w frameState) {
	for _, m := range frameModes {
		switch on := w.modes & m.mode; {
		case on == r.state.modes&m.mode:
		case on != 0:
			r.print(m.on)
		default:
			r.print(m.off)
		}
	}
	r.setMouse(int(r.state.mouse), int(w.mouse))
	r.setMouse(int(r.state.mouseEnc), int(w.mouseEnc))
	r.setKeyboard(w)
	if w.shape != r.state.shape {
		r.print("\x1b[" + strconv.Itoa(int(w.shape)) + " q")
	}
	if w.color != r.state.color {
		r.setCursorColor(w.color)
	}
	if w.title != r.state.title {
		r.setTitle(w.title)
	}
	if w.pointer != r.state.pointer {
		r.print("\x1b]22;" + w.pointer + "\x1b\\")
	}
	if w.progress != r.state.progress {
		r.print(w.progress.command())
	}
	w.visible = r.state.visible
	r.state = w
}

// setMouse goes from one mode to another, 0 being none.
func (r *Renderer) setMouse(from, to int) {
	if from == to {
		return
	}
	if from != 0 {
		r.print("\x1b[?" + strconv.Itoa(from) + "l")
	}
	if to != 0 {
		r.print("\x1b[?" + strconv.Itoa(to) + "h")
	}
}

// setKeyboard sets the kitty keyboard flags, in an entry of our own on the
// terminal's stack, and modifyOtherKeys.
func (r *Renderer) setKeyboard(w frameState) {
	switch flags := strconv.Itoa(int(w.kitty)); {
	case w.kitty == r.state.kitty:
	case w.kitty == 0:
		r.print(termreset.PopKeyboard(1))
	case r.state.kitty == 0:
		r.print("\x1b[>" + flags + "u")
	default:
		r.print("\x1b[=" + flags + ";1u")
	}
	if w.otherKeys == r.state.otherKeys {
		return
	}
	if w.otherKeys == 0 {
		r.print(termreset.Undo(termreset.OtherKeys))
	} else {
		r.print("\x1b[>4;" + strconv.Itoa(int(w.otherKeys)) + "m")
	}
	// Some terminals take that for SGR. No style is in force between frames.
	r.print(termreset.Undo(termreset.Pen))
}

func (r *Renderer) setCursorColor(c Color) {
	red, green, blue, ok := c.RGB()
	if !ok {
		r.print(termreset.Undo(termreset.CursorColor))
		return
	}
	rgb := uint32(red)<<16 | uint32(green)<<8 | uint32(blue)
	r.print("\x1b]12;" + rgbSpec(rgb) + "\x1b\\")
}

// setTitle sets the window's title. The one before the first is kept on the
// terminal's stack until the program has none or the client leaves.
func (r *Renderer) setTitle(title string) {
	if r.state.title == "" {
		r.print("\x1b[22;2t")
	}
	if title == "" {
		r.print("\x1b[23;2t")
		return
	}
	r.print("\x1b]2;" + withoutControls(title) + "\x1b\\")
}

func withoutControls(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// showCursor makes the cursor visible or not.
func (r *Renderer) showCursor(visible bool) {
	switch {
	case visible == r.state.visible:
	case visible:
		r.print("\x1b[?25h")
	default:
		r.print("\x1b[?25l")
	}
	r.state.visible = visible
}
