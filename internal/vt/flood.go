package vt

import "bytes"

// A program that floods the terminal prints more lines at once than the screen
// has rows. Most of them are history before anybody could have seen them: those
// that are plain text go there as they are, without ever being cells.

// floodLines takes as many of the lines that b begins with as only pass through
// the screen, and returns how many bytes these were, and how many it looked at
// for that. It is called where floodable holds.
func (t *Terminal) floodLines(b []byte) (taken, seen int) {
	size := t.grid.size
	seen, rows := plainLines(b, size.Cols)
	through := rows - (size.Rows - 1) // the rest stays on the screen, above the cursor
	if through < size.Rows {
		return 0, seen // hardly worth it
	}
	for y := range size.Rows - 1 {
		t.hist.push(t.grid.usedRow(y), t.grid.info(y).flags, &t.tables)
	}
	t.clearScreen()
	for through > 0 {
		n := bytes.IndexByte(b[taken:], '\r')
		through -= textRows(n, size.Cols)
		if through < 0 {
			break // the line does not leave the screen as a whole
		}
		t.hist.pushLine(b[taken:taken+n], size.Cols)
		taken += n + len("\r\n")
	}
	t.cur.row = 0 // what is left comes back to the last row
	t.last = 0
	return taken, seen
}

// floodable tells whether lines of plain text printed now would scroll the whole
// primary screen, one after the other, and become history just as they are.
func (t *Terminal) floodable() bool {
	y := t.cur.row
	return t.cur.col == 0 && y == t.grid.size.Rows-1 && !t.onAlt &&
		t.top == 0 && t.bottom == y && t.fullWidth() &&
		t.parser.state == stGround && t.cur.sets.plain() &&
		t.modes&(modeWrap|modeInsert|modeGraphemes) == modeWrap &&
		t.pen() == 0 && *t.grid.info(y) == rowMeta{}
}

// plainLines returns how many bytes at the front of b are whole lines of
// printable ASCII, and how many rows they take.
func plainLines(b []byte, cols int) (n, rows int) {
	for {
		k := printable(b[n:])
		end := n + k + len("\r\n")
		if end > len(b) || b[end-2] != '\r' || b[end-1] != '\n' {
			return n, rows
		}
		n = end
		rows += textRows(k, cols)
	}
}

// textRows returns how many rows n narrow characters take.
func textRows(n, cols int) int {
	if n <= cols {
		return 1
	}
	return (n + cols - 1) / cols
}
