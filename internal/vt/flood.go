package vt

import "unicode/utf8"

// A program that floods the terminal prints more lines at once than the screen
// has rows. Most of them are history before anybody could have seen them: those
// that are plain text go there as they are, without ever being cells.

// floodRow is a row of the text that is coming, as the terminal wraps it.
type floodRow struct {
	start, end int32
	cells      uint16
	flags      rowFlags
}

// maxFlood is how many rows are looked at at once.
const maxFlood = 1024

// floodLines takes as many of the lines that b begins with as only pass through
// the screen, and returns how many bytes these were, and how many it looked at
// for that. It is called where floodable holds.
func (t *Terminal) floodLines(b []byte) (taken, seen int) {
	rows := wrapLines(b, t.grid.size.Cols, t.flood[:0])
	t.flood = rows
	if len(rows) == 0 {
		return 0, 0
	}
	last := t.grid.size.Rows - 1
	seen = rows[len(rows)-1].after()
	through := len(rows) - last // the rest stays on the screen, above the cursor
	for through > 0 && through < len(rows) && rows[through].flags != 0 {
		through-- // a line that does not leave the screen as a whole
	}
	if through <= last {
		return 0, seen // hardly worth it
	}
	for y := range last {
		t.hist.push(t.grid.usedRow(y), t.grid.line(y, &t.tables.marks), &t.tables)
	}
	t.clearScreen()
	for _, r := range rows[:through] {
		t.hist.pushText(b[r.start:r.end], int(r.cells), r.flags)
	}
	t.cur.row = 0 // what is left comes back to the last row
	t.last = 0
	return rows[through-1].after(), seen
}

// after is where what follows the row's line begins.
func (r *floodRow) after() int { return int(r.end) + len("\r\n") }

// floodable tells whether lines of plain text printed now would scroll the whole
// primary screen, one after the other, and become history just as they are.
func (t *Terminal) floodable() bool {
	y := t.cur.row
	return t.cur.col == 0 && !t.cur.pending && y == t.grid.size.Rows-1 && !t.onAlt &&
		t.top == 0 && t.bottom == y && t.fullWidth() &&
		t.parser.state == stGround && t.cur.sets.plain() &&
		t.modes&(modeWrap|modeInsert|modeGraphemes) == modeWrap &&
		t.pen() == 0 && t.grid.info(y).used == 0 && t.grid.info(y).flags == 0
}

// wrapLines appends to rows those of the whole lines of text that b begins with.
func wrapLines(b []byte, cols int, rows []floodRow) []floodRow {
	at, lines := 0, 0 // lines: how many rows are of whole lines
	flags := rowFlags(0)
	for len(rows) < maxFlood {
		n, cells, full := wrapRow(b[at:], cols)
		rows = append(rows, floodRow{int32(at), int32(at + n), uint16(cells), flags})
		at += n
		switch {
		case full:
			flags = rowContinues
		case at+1 < len(b) && b[at] == '\r' && b[at+1] == '\n':
			at += len("\r\n")
			flags = 0
			lines = len(rows)
		default:
			return rows[:lines]
		}
	}
	return rows[:lines]
}

// wrapRow returns how many bytes at the front of b are text that goes into one
// row, how many cells they take, and whether the row is then full and the text
// goes on.
func wrapRow(b []byte, cols int) (n, cells int, full bool) {
	for n < len(b) {
		if c := b[n]; c < 0x80 {
			k := printable(b[n:min(n+cols-cells, len(b))])
			if k == 0 {
				return n, cells, c >= 0x20 && c < 0x7f
			}
			n += k
			cells += k
			continue
		}
		r, k := utf8.DecodeRune(b[n:])
		w := runeWidth(r)
		if r < 0xa0 || r == utf8.RuneError || w == 0 || w > cols {
			return n, cells, false
		}
		if cells+w > cols {
			return n, cells, true
		}
		n += k
		cells += w
	}
	return n, cells, false
}
