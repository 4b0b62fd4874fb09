package vt

// Snapshot is what a terminal held at one moment. It is immutable and safe for
// concurrent use.
type Snapshot struct {
	state

	prim, alt grid
	styles    []Style
	clusters  []string
	marks     textTable
	hist      historyView
	transfer  []byte // what an image that comes in parts began with
	pending   []byte // the unfinished sequence
	last      rune   // the character that REP would repeat, as it was typed
}

// Snapshot copies the terminal's state and screens; the history is shared.
func (t *Terminal) Snapshot() *Snapshot {
	return t.snapshot(t.hist.view())
}

// ScreenSnapshot is Snapshot with about the newest lines of the history alone, as many
// as are asked for if there are: memory of the history that no snapshot has is used
// again, which is felt where many are taken.
func (t *Terminal) ScreenSnapshot(lines int) *Snapshot {
	return t.snapshot(t.hist.newest(lines))
}

func (t *Terminal) snapshot(hist historyView) *Snapshot {
	s := &Snapshot{
		state:    t.state,
		prim:     t.prim.clone(),
		styles:   t.tables.styles.styles,
		clusters: t.tables.clusters.texts,
		marks:    textTable{texts: t.tables.marks.texts},
		hist:     hist,
		transfer: t.appendTransfer(nil),
		pending:  t.appendPending(nil),
		last:     t.last,
	}
	if t.onAlt || t.alt.cells != nil {
		s.alt = t.alt.clone()
	}
	return s
}

// historyView is the lines of a history as they were at one moment.
type historyView struct {
	full  []*block
	tail  block
	first int
	lines int
	lost  int64
}

func (h *history) view() historyView {
	for _, b := range h.full {
		b.shared = true
	}
	h.tail.shared = true
	return historyView{
		full:  append([]*block(nil), h.full...),
		tail:  h.tail,
		first: h.first,
		lines: h.lines,
		lost:  h.lost,
	}
}

// newest is view with no more blocks than hold so many lines.
func (h *history) newest(lines int) historyView {
	from, n := len(h.full), len(h.tail.ends)
	for from > 0 && n < lines {
		from--
		n += len(h.full[from].ends)
	}
	if from == 0 {
		return h.view()
	}
	v := historyView{full: append([]*block(nil), h.full[from:]...), tail: h.tail, lines: n, lost: h.lost}
	for _, b := range v.full {
		b.shared = true
	}
	h.tail.shared = true
	v.tail.shared = true
	return v
}

// replaySize is about how many bytes the lines take in a replay.
func (h *historyView) replaySize() int {
	n := h.tail.replaySize()
	for _, b := range h.full {
		n += b.replaySize()
	}
	return n
}

// replaySize counts a change of style as longer where the style is new to the
// block, since a direct colour mostly is.
func (b *block) replaySize() int {
	const change, more = len("\x1b[1;32m"), len("38;2;255;255;") - len("1;")
	return len(b.data) + len(b.ends) + change*b.runs + more*len(b.styles)
}

// each calls f with the lines from, from+1, ... until f returns false.
func (h *historyView) each(from int, f func(l historyLine) bool) {
	skip := h.first + from
	for _, b := range h.full {
		if skip >= len(b.ends) {
			skip -= len(b.ends)
			continue
		}
		for ; skip < len(b.ends); skip++ {
			if !f(b.line(skip)) {
				return
			}
		}
		skip = 0
	}
	for ; skip < len(h.tail.ends); skip++ {
		if !f(h.tail.line(skip)) {
			return
		}
	}
}

// Size returns the size of the snapshot's screens.
func (s *Snapshot) Size() Size { return s.prim.size }

// AltScreen tells whether the alternate screen is shown.
func (s *Snapshot) AltScreen() bool { return s.onAlt }

// Title returns the window's title.
func (s *Snapshot) Title() string { return s.title.window }

// Cwd returns the working directory as the program told it, a URI, or "".
func (s *Snapshot) Cwd() string { return s.cwd }

// Cursor returns the cursor's place and whether it is shown.
func (s *Snapshot) Cursor() (row, col int, visible bool) {
	return s.cur.row, s.cur.col, s.modes&modeCursorVisible != 0
}

// HistoryLines returns how many lines of scrollback there are.
func (s *Snapshot) HistoryLines() int { return s.hist.lines }

// active is the grid that is shown.
func (s *Snapshot) active() *grid {
	if s.onAlt {
		return &s.alt
	}
	return &s.prim
}
