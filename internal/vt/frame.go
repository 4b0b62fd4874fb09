package vt

import (
	"bytes"

	"github.com/xsh-project/xsh/internal/termreset"
)

// FrameCaps is what a client's terminal can do beyond what all can. The zero value
// asks nothing of it.
type FrameCaps struct {
	// Sync: it has synchronised output, mode 2026. Frames are then shown whole.
	Sync bool
	// Picture: what is drawn is to be looked at, and nobody types into its program: the
	// terminal's keys, mouse and title stay as they are. The row below the frame is
	// the caller's, who draws it behind each frame, with the cursor saved and restored.
	Picture bool
}

// Renderer draws a session's screen on a client's terminal of any size. It knows
// what the terminal shows and sends the difference.
//
// A frame is drawn on the client's alternate screen, so that its own history
// stays. The first frame goes there from a terminal in its plain state, with no
// margins, modes or colours set; AppendLeave comes back to it. In between nobody
// else writes to the terminal.
//
// A Renderer is not safe for concurrent use.
type Renderer struct {
	size Size
	caps FrameCaps

	entered bool // the terminal is on its alternate screen
	stale   bool // and what it shows there is not known
	shown   []cell
	next    []cell // what the frame under way will show; the styles of both are those of ids
	ids     frameIDs
	state   frameState // modes that are set on the terminal

	// The viewport's place in the session's screen. Mouse reports are not off by
	// that much: who clicks leads, and sees all of a screen of the own size.
	top, left int

	body     []byte // the frame under way
	row, col int    // of the terminal's cursor; col is -1 when not known
	pen      uint32 // the style that the terminal prints in
}

// NewRenderer returns a renderer for a terminal of that size, which is bounded as
// that of a Terminal is.
func NewRenderer(size Size, caps FrameCaps) *Renderer {
	r := &Renderer{caps: caps, ids: newFrameIDs()}
	r.Resize(size)
	return r
}

// Resize tells that the client's terminal has another size. The next frame draws
// it all anew.
func (r *Renderer) Resize(size Size) {
	r.size = size.clip()
	r.shown = make([]cell, r.size.Rows*r.size.Cols)
	r.next = make([]cell, r.size.Rows*r.size.Cols)
	r.stale = true
}

// Reset forgets all about the client's terminal, which may be another one, or
// have been used by others: the next frame is a first one.
func (r *Renderer) Reset() {
	*r = Renderer{caps: r.caps, ids: newFrameIDs(), size: r.size, shown: r.shown, next: r.next, body: r.body}
}

// Updating tells whether the program is in the middle of drawing (mode 2026). A
// frame of it would be torn; one should wait for the end, but not for long.
func (s *Snapshot) Updating() bool { return s.modes&modeSync != 0 }

// AppendFrame appends what makes the client's terminal show s: nothing if it
// does. What it appends must reach the terminal, or Reset be called.
func (r *Renderer) AppendFrame(dst []byte, s *Snapshot) []byte {
	r.body = r.body[:0]
	r.enter()
	r.ids.follow(s, r.shown)
	r.scrollTo(s)
	r.build(s)
	want := r.wantState(s)
	if !want.visible {
		r.showCursor(false)
	}
	r.setState(want)
	r.draw()
	if want.visible || want.inside && len(r.body) > 0 {
		// A hidden cursor is not worth a frame, but where input methods open.
		r.moveTo(want.row, want.col)
	}
	if want.visible {
		r.showCursor(true)
	}
	r.shown, r.next = r.next, r.shown
	return r.wrapUp(dst)
}

// enter brings the terminal to its alternate screen, or clears that if it is not
// known what it shows.
func (r *Renderer) enter() {
	switch {
	case !r.entered:
		// Autowrap goes off so that a character that the terminal finds wider
		// than we do cannot scroll the screen. termreset.Begin, which came before
		// anything of the session, saved modes 1007 and 2027.
		r.print("\x1b[?1049h\x1b[r\x1b[?6l\x1b[?7l\x1b[4l\x1b[?1007l\x1b[?2027l\x1b(B\x0f\x1b[m\x1b[2J\x1b[H")
		r.state = frameState{visible: true}
	case r.stale:
		r.print("\x1b[2J\x1b[H")
	default:
		return
	}
	r.entered, r.stale = true, false
	r.row, r.col = 0, 0
	clear(r.shown)
}

// wrapUp appends the frame to dst.
func (r *Renderer) wrapUp(dst []byte) []byte {
	const small = 48 // bytes that no terminal is seen drawing
	switch {
	case len(r.body) == 0:
		return dst
	case r.caps.Sync:
		dst = append(dst, "\x1b[?2026h"...)
		dst = append(dst, r.body...)
		return append(dst, "\x1b[?2026l"...)
	case len(r.body) > small && r.state.visible && !bytes.Contains(r.body, []byte("\x1b[?25")):
		// Else the cursor would be seen running over the screen.
		dst = append(dst, "\x1b[?25l"...)
		dst = append(dst, r.body...)
		return append(dst, "\x1b[?25h"...)
	}
	return append(dst, r.body...)
}

// AppendLeave appends what brings the client's terminal back to what it showed
// before the first frame. The next frame is then a first one.
func (r *Renderer) AppendLeave(dst []byte) []byte {
	if !r.entered {
		return dst
	}
	r.body = r.body[:0]
	r.setState(frameState{})
	r.setPen(0)
	r.showCursor(true)
	r.print("\x1b[?7h" + termreset.Undo(termreset.AlternateScreen) + "\x1b[?1007h")
	dst = append(dst, r.body...)
	r.Reset()
	return dst
}
