package vt

// Size is that of a terminal, in cells.
type Size struct{ Rows, Cols int }

// DefaultScrollback is how many lines of history a terminal keeps unless told
// otherwise, and DefaultScrollbackBytes how many bytes.
const (
	DefaultScrollback      = 10000
	DefaultScrollbackBytes = 32 << 20
)

// Config says how a terminal behaves. Its zero value is useful.
type Config struct {
	Scrollback      int // lines of history; 0 means DefaultScrollback, negative none
	ScrollbackBytes int // bytes of history; 0 means DefaultScrollbackBytes
	Effects         Effects
}

// Effects is what a terminal does to the world beside changing itself. A field
// that is nil does nothing. All are called during Write or Resize and must not call
// the terminal; slices are only valid during the call.
type Effects struct {
	// Reply is called with the answer to a query of the program. That to ENQ is
	// empty.
	Reply func(answer []byte)
	// Pixels is asked for the screen's size in pixels when a program asks for that, and
	// returns zeros if it is not known, as a nil one does.
	Pixels func() (wide, high int)
	// Bell is called for BEL.
	Bell func()
	// Title is called when the window's title changed.
	Title func(title string)
	// Cwd is called when the program told its working directory (OSC 7, or VS Code's
	// and iTerm2's ways).
	Cwd func(uri string)
	// Notify is called for a notification (OSC 9, 777 and 99). Both are text without
	// control characters, the title "" where there is none.
	Notify func(title, body string)
	// Progress is called for OSC 9;4: 0 for none, 1 normal, 2 an error, 3 of unknown
	// length, 4 paused; and how many percent.
	Progress func(state, percent int)
	// Aside is called for what a terminal does beside its screen, but for the bell. The
	// OSC has length bytes, before the one with which its end begins; that is the last
	// of those that Taken counts.
	Aside func(kind Aside, length int)
	// Mark is called for a shell's mark (OSC 133 and 633): A a prompt, B what is
	// typed, C output, D its end, E the command line, P another prompt or a property.
	// params is what follows the letter and a semicolon, as it came but for control
	// characters: the status of D, the line and the nonce of E.
	Mark func(kind byte, params string)
}

// Terminal is the screen model. It is not safe for concurrent use.
type Terminal struct {
	state

	cfg    Config
	parser parser
	tables cellTables
	prim   grid
	alt    grid  // without cells until the program first goes there
	grid   *grid // the active one of the two
	hist   history

	penCell   cell     // the pen's style, in the place where cells have it
	eraseCell cell     // what erasing leaves: the pen's background
	penStale  bool     // the two above do not tell the pen that state has
	memo      *penMemo // nil until it is needed, and when styles were numbered anew

	last    rune // the last printed character, for REP, before charsets; 0 if something came since
	cluster clusterState
	image   sixelSize

	work  int // how many cells, or bytes, were touched since WriteSome began
	taken int // how many of WriteSome's bytes came up to the end of the control at hand
	mark  resizeMark
	flood []floodRow // the memory of floodLines

	kittyImage *kittyImage // a kitty image whose data is still coming
	itermFile  *itermFile  // the same of iTerm2
	note       kittyNote   // a notification of which more is to come
	links      map[Link]*Link
	// linksRefused is how many more new links are not taken, since the cells have
	// as many as they may.
	linksRefused int
}

// New returns a terminal as it is after a reset. The size that it keeps is bounded,
// see MaxRows and MaxCols.
func New(size Size, cfg Config) *Terminal {
	size = size.clip()
	if cfg.Scrollback == 0 {
		cfg.Scrollback = DefaultScrollback
	}
	if cfg.ScrollbackBytes == 0 {
		cfg.ScrollbackBytes = DefaultScrollbackBytes
	}
	t := &Terminal{
		state:  newState(size),
		cfg:    cfg,
		tables: cellTables{styles: newStyleTable()},
		prim:   newGrid(size),
	}
	t.tables.clusters.limit = minClusterLimit
	t.tables.marks.limit = minMarkLimit
	t.grid = &t.prim
	t.hist.maxLines, t.hist.maxBytes = cfg.Scrollback, cfg.ScrollbackBytes
	t.hist.gen = 1
	return t
}

// Write takes what the program printed. It never fails, and however the bytes are
// split among calls, the result is the same.
func (t *Terminal) Write(b []byte) (int, error) {
	for n := 0; n < len(b); {
		n += t.WriteSome(b[n:])
	}
	return len(b), nil
}

// workBudget is how many cells WriteSome touches before it returns: well under a
// millisecond of most work. One sequence alone may touch all cells there are.
const workBudget = 100_000

// WriteSome is Write, but it returns when it has touched many cells, so that its owner
// can let others have their turn: a few bytes may take as long as a megabyte of text. It
// returns how many bytes it took, at least one of those that there are.
func (t *Terminal) WriteSome(b []byte) int {
	n := len(b)
	if t.mark.valid && n > 0 {
		t.mark = resizeMark{}
	}
	t.work = 0
	look := len(b) // how many bytes are left where to look for a flood again
	for len(b) > 0 && t.work < workBudget {
		if t.cur.col == 0 && len(b) <= look && t.floodable() {
			taken, seen := t.floodLines(b)
			look = len(b) - seen - 1
			if taken > 0 {
				t.work += taken
				b = b[taken:]
				continue
			}
		}
		if t.parser.state == stGround {
			if k := t.common(b); k > 0 {
				t.work += k
				b = b[k:]
				continue
			}
		}
		act, k := t.parser.next(b)
		switch act {
		case actPrint:
			t.printASCII(b[:k])
		case actRune:
			t.printRune(t.parser.r)
		case actText:
			t.printText(t.parser.text)
		case actExecute:
			t.taken = n - len(b) + k
			t.execute(t.parser.final)
		case actCSI:
			t.csi()
			t.last = 0
		case actESC:
			t.last = 0
			t.esc()
		case actHook:
			t.last = 0
			t.image = sixelSize{}
		case actData:
			t.image.feed(b[:k])
		case actString:
			t.taken = n - len(b) + k
			t.last = 0
			t.string()
		}
		t.work += k
		b = b[k:]
	}
	return n - len(b)
}

// common acts on printable ASCII and on short SGR sequences, which most output is
// made of, and returns how many bytes it took; 0 for anything else.
func (t *Terminal) common(b []byte) int {
	if b[0] == 0x1b {
		return t.shortSGR(b)
	}
	n := printable(b)
	if n > 0 {
		t.printASCII(b[:n])
	}
	return n
}

// Size returns the size that the terminal keeps.
func (t *Terminal) Size() Size { return t.prim.size }

// Cursor returns the cursor's place and whether it is shown.
func (t *Terminal) Cursor() (row, col int, visible bool) {
	return t.cur.row, t.cur.col, t.modes&modeCursorVisible != 0
}

// HistoryLines returns how many lines of scrollback there are.
func (t *Terminal) HistoryLines() int { return t.hist.lines }

// Taken returns, to an Effect that WriteSome calls, how many of its bytes came up to the
// end of what the effect is for.
func (t *Terminal) Taken() int { return t.taken }

// ClearHistory forgets the scrollback. What the program is in the middle of printing
// goes on.
func (t *Terminal) ClearHistory() {
	t.mark = resizeMark{}
	t.hist.clear()
	t.prim.info(0).flags &^= rowContinues
}

// Title returns the window's title, without control characters.
func (t *Terminal) Title() string { return t.title.window }

// Cwd returns the working directory that the program told last (OSC 7), a
// file URI, or "".
func (t *Terminal) Cwd() string { return t.cwd }

// AltScreen tells whether the program is on the alternate screen.
func (t *Terminal) AltScreen() bool { return t.onAlt }
