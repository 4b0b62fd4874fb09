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
	// Bell is called for BEL.
	Bell func()
	// Title is called when the window's title changed.
	Title func(title string)
	// Cwd is called when the program told its working directory (OSC 7).
	Cwd func(uri string)
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

	mark  resizeMark
	flood []floodRow // the memory of floodLines

	kittyImage map[string]string // a kitty image whose data is still coming
	links      map[Link]*Link
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
	t.grid = &t.prim
	t.hist.maxLines, t.hist.maxBytes = cfg.Scrollback, cfg.ScrollbackBytes
	t.hist.gen = 1
	return t
}

// Write takes what the program printed. It never fails, and however the bytes are
// split among calls, the result is the same.
func (t *Terminal) Write(b []byte) (int, error) {
	n := len(b)
	t.mark.valid = t.mark.valid && n == 0
	look := len(b) // how many bytes are left where to look for a flood again
	for len(b) > 0 {
		if t.cur.col == 0 && len(b) <= look && t.floodable() {
			taken, seen := t.floodLines(b)
			look = len(b) - seen - 1
			if taken > 0 {
				b = b[taken:]
				continue
			}
		}
		if t.parser.state == stGround {
			if k := t.common(b); k > 0 {
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
			t.last = 0
			t.string()
		}
		b = b[k:]
	}
	return n, nil
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

// Title returns the window's title, without control characters.
func (t *Terminal) Title() string { return t.title.window }

// Cwd returns the working directory that the program told last (OSC 7), a
// file URI, or "".
func (t *Terminal) Cwd() string { return t.cwd }

// AltScreen tells whether the program is on the alternate screen.
func (t *Terminal) AltScreen() bool { return t.onAlt }
