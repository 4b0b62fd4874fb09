package exec

import (
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// view is what a client's terminal shows.
type view struct {
	shows shown
	// The client's size, and how many sizes the session had had, when it was
	// last decided what to send.
	size  Size
	sizes int64
	// drawnAt is when the client was last sent a screen to tail on from.
	drawnAt time.Time
	// slow says that its line keeps the client behind, so that it is drawn frames;
	// other that its size is another than the session's.
	slow, other bool

	clipboard string          // as SettingClipboard has it
	filter    clipboardFilter // of what it is sent of the log

	unsent []byte // was due to be sent when the attachment ended

	// With showsFrames; the mark also where the client was left.
	renderer *vt.Renderer
	framed   time.Time // when the last frame was drawn
	mark     vt.Mark   // of what the terminal shows below the frames, if known
}

// shown is the cases of a view.
type shown int

const (
	// showsNothing: not even a replay was sent, since frames were to come.
	showsNothing shown = iota
	// showsPart: the first part of a replay; the rest is due.
	showsPart
	// showsLog: all of the log before the reader's offset, in the size that
	// the session had there.
	showsLog
	// showsFrames: the screen, drawn for the client's own size.
	showsFrames
)

// situation is what there is to show.
type situation struct {
	client, session Size  // a client without a size takes any
	sizes           int64 // how many the session has had
	model           bool  // there is a screen to draw from
	frames          bool  // the client may be drawn frames
	ended           bool
	behind          bool // the client's line is too slow for what the log has
	now             time.Time
}

// other tells whether the client has another size than the session.
func (s situation) other() bool { return s.client != (Size{}) && s.client != s.session }

// step is what to send next.
type step int

const (
	sendRest   step = iota // the rest of the replay
	tailLog                // the log, from where the client is
	drawScreen             // the screen as it is, and then the log
	drawFrames             // frames
)

// crossing is how long a screen may be on its way to a client's terminal.
const crossing = 250 * time.Millisecond

// next says what to send a client whose terminal shows v.
//
// A client of the session's size tails the log; one of another size, or one
// that its line keeps behind, is drawn frames. What an ended session left is
// shown as it is, unless a client of another size is drawn frames already; one whose
// line is too slow for the rest of its output is shown its last screen.
//
// The log does not continue what the client shows, so that the screen is drawn
// first, (1) where nothing was sent yet; (2) behind frames; (3) when the session
// was resized and resized back, in which the client's terminal took no part;
// and (4) when the client was resized while a screen for its old size was on
// the way.
func (v view) next(s situation) step {
	known := s.client != (Size{})
	other := s.other()
	missed := known && s.client == v.size && s.sizes != v.sizes
	crossed := known && s.client != v.size && s.now.Sub(v.drawnAt) < crossing
	switch {
	case v.shows == showsPart:
		return sendRest
	case s.model && s.frames && other && (!s.ended || v.shows == showsFrames):
		return drawFrames
	case s.model && s.frames && s.behind && !s.ended:
		return drawFrames
	case v.shows == showsFrames, s.model && s.frames && s.behind: // of an ended session
		return drawScreen
	case s.model && s.frames && (v.shows == showsNothing || missed || crossed):
		return drawScreen
	default:
		return tailLog
	}
}
