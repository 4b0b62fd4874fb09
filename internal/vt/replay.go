package vt

import (
	"strconv"

	"github.com/xsh-project/xsh/internal/termreset"
)

// ReplayOptions says what a replay contains.
type ReplayOptions struct {
	// History is how many lines of scrollback to send, the newest ones; 0 means
	// all, negative none.
	History int
	// Sync shows it whole, on a terminal that has synchronised output.
	Sync bool
	// Since is the Mark of the snapshot whose primary screen the terminal shows.
	// If its size was the same, that screen makes way, and the history is what
	// came since, whatever History says.
	Since Mark
}

// AppendReplay appends the bytes that bring a terminal of the same size, whatever
// it shows, to the snapshot's state. What the terminal showed above its cursor is
// scrolled into its own history first. The bytes contain no query, no bell and
// no clipboard access; they end with the snapshot's unfinished sequence, so that
// the output that follows the snapshot may follow them.
//
// What cannot be restored: a wrap that is pending in the midst of a wide character
// that came later, or that a tab carried between margins; tab stops beyond the right edge; that XTSAVE keeps focus or
// size reports as set, while they are not; images, whose place stays blank.
//
// The order matters: history and screens are painted in a terminal without
// margins, origin, insert mode and charsets, which come after, and the cursor last,
// since some of them move it.
func (s *Snapshot) AppendReplay(dst []byte, o ReplayOptions) []byte {
	if n := s.replaySize(o); cap(dst)-len(dst) < n {
		// Not slices.Grow, which clears what the system gave clear.
		dst = append(make([]byte, 0, len(dst)+n), dst...)
	}
	w := writer{dst: dst, s: s, cols: s.Size().Cols}
	over := o.Since.size == s.Size()
	if over {
		o.History = s.hist.since(o.Since)
		if o.History == 0 {
			o.History = -1
		}
	}
	w.prologue(o.Sync, over)
	w.keptModes()
	w.history(o.History)
	w.grid(&s.prim)
	w.levels()
	w.tabStops()
	w.colors()
	w.titles()
	w.window()
	w.penStack()
	w.savedState()
	w.margins()
	w.dst = append(w.dst, s.transfer...)
	w.finish()
	if o.Sync && !s.on(modeSync) {
		w.str("\x1b[?2026l")
	}
	return append(w.dst, s.pending...)
}

// replaySize is about how long a replay will be.
func (s *Snapshot) replaySize(o ReplayOptions) int {
	n := 1024 + 2*s.Size().Rows*s.Size().Cols
	if o.History == 0 {
		n += s.hist.replaySize()
	}
	return n
}

// writer appends the bytes of a replay and knows what they make of the terminal.
type writer struct {
	dst  []byte
	s    *Snapshot
	cols int
	pen  Style // of the terminal that reads the bytes
	line painted
	// spacer is the style of a column that a wide character left free, if line says so.
	// It is not in there, since line is written for each row.
	spacer Style

	graphemes bool // mode 2027
	columns   bool // DECLRMM: there are left and right margins
}

func (w *writer) str(s string) { w.dst = append(w.dst, s...) }

// csi appends a control sequence with numeric parameters.
func (w *writer) csi(final string, params ...int) {
	w.str("\x1b[")
	w.params(params)
	w.str(final)
}

func (w *writer) params(params []int) {
	for i, p := range params {
		if i > 0 {
			w.dst = append(w.dst, ';')
		}
		w.dst = strconv.AppendInt(w.dst, int64(p), 10)
	}
}

// osc appends an operating system command.
func (w *writer) osc(n int, text string) {
	w.str("\x1b]")
	w.dst = strconv.AppendInt(w.dst, int64(n), 10)
	w.str(";")
	w.str(text)
	w.str("\x1b\\")
}

// moveTo places the cursor; row and col count from 0. In origin mode no place
// outside the margins can be named.
func (w *writer) moveTo(row, col int) {
	row, col = max(row, 0), max(col, 0)
	switch {
	case row == 0 && col == 0:
		w.str("\x1b[H")
	case col == 0:
		w.csi("H", row+1)
	default:
		w.csi("H", row+1, col+1)
	}
}

// prologue makes the terminal plain, but for what its user may have configured, as
// the cursor's shape, and the kitty keyboard stack, which may hold what others
// pushed. CAN ends a sequence that it may be in the
// middle of. The margins are reset between DECSC and DECRC, because that moves
// the cursor, and where it is tells how far to scroll to keep what is above it.
// A screen that makes way is deleted, since some terminals keep what is erased.
func (w *writer) prologue(sync, over bool) {
	w.str(termreset.Cancel)
	w.str("\x1b[?47l\x1b7\x1b[?6l\x1b[r\x1b[?69l\x1b8")
	w.str(termreset.ForReplay())
	if sync {
		w.str("\x1b[?2026h")
	}
	if over {
		w.str("\x1b[?6l\x1b[H")
		w.csi("M", w.s.Size().Rows)
	} else {
		w.dst = append(w.dst, '\r')
		for range w.s.Size().Rows - 1 {
			w.dst = append(w.dst, '\n')
		}
	}
	w.str("\x1b[?6l\x1b[H\x1b[J")
}

func (s *state) on(m modeSet) bool { return s.modes&m != 0 }
