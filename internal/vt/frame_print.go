package vt

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

func (r *Renderer) print(s string) { r.body = append(r.body, s...) }

// printCSI prints a sequence, without parameters at the end that are 1, the default
// where this is used.
func (r *Renderer) printCSI(final byte, params ...int) {
	for len(params) > 0 && params[len(params)-1] == 1 {
		params = params[:len(params)-1]
	}
	r.print("\x1b[")
	for i, p := range params {
		if i > 0 {
			r.print(";")
		}
		r.body = strconv.AppendInt(r.body, int64(p), 10)
	}
	r.body = append(r.body, final)
}

// moveTo moves the cursor, in few bytes.
func (r *Renderer) moveTo(row, col int) {
	switch {
	case row == r.row && col == r.col:
		return
	case row == r.row && col == 0:
		r.print("\r")
	case row == r.row && col < r.col && r.col-col < 4:
		r.print("\b\b\b"[:r.col-col])
	case row == r.row && r.col >= 0 && r.fill(col):
	case row == r.row && col > r.col && r.col >= 0:
		r.printCSI('C', col-r.col)
	case row == r.row:
		r.printCSI('G', col+1)
	case row == r.row+1 && col == 0:
		r.print("\r\n")
	default:
		r.printCSI('H', row+1, col+1)
	}
	r.row, r.col = row, col
}

// fill moves the cursor a little to the right by printing what is there. It is
// false when that takes more than moving.
func (r *Renderer) fill(col int) bool {
	if col <= r.col || col-r.col > 4 {
		return false
	}
	between := r.rowOf(r.next, r.row)[r.col:col]
	for _, c := range between {
		if c.style() != r.pen || c&cellText >= 0x80 {
			return false
		}
	}
	for _, c := range between {
		r.body = append(r.body, max(byte(c), ' '))
	}
	return true
}

// printCell prints c at the cursor.
func (r *Renderer) printCell(c cell) {
	r.setPen(c.style())
	known := true // how far the terminal moves its cursor
	switch text := c & cellText; {
	case text < 0x80:
		r.body = append(r.body, max(byte(text), ' '))
	case text&cellCluster != 0:
		r.printCluster(c)
		known = false
	default:
		r.body = utf8.AppendRune(r.body, rune(text&cellRune))
		known = !unsettledWidth(rune(text & cellRune))
	}
	r.col += c.width()
	if !known || r.col >= r.size.Cols {
		r.col = -1
	}
}

// unsettledWidth tells of characters to which terminals give different widths:
// emoji, pictures that may be shown as emoji, and old letters that join.
func unsettledWidth(c rune) bool {
	return c >= 0x1f000 || c >= 0x2600 && c < 0x27c0 || c >= 0x1100 && c < 0x2e80 && runeWidth(c) == 2
}

// printCluster prints a cell of several code points. Some are one cell only to a
// terminal that clusters as Unicode says, mode 2027.
func (r *Renderer) printCluster(c cell) {
	text := c.text(r.ids.clusters.texts)
	if joinsByWidth(text, c.width()) {
		r.print(text)
		return
	}
	r.print("\x1b[?2027h")
	r.print(text)
	r.print("\x1b[?2027l")
}

// joinsByWidth tells whether all but the first code point of text join that for
// having no width.
func joinsByWidth(text string, width int) bool {
	for i, c := range text {
		w := runeWidth(c)
		if i == 0 && w != width || i > 0 && w != 0 {
			return false
		}
	}
	return true
}

// controlFree tells whether s is free of control characters and valid.
func controlFree(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if unicode.IsControl(c) {
			return false
		}
	}
	return true
}

// setPen makes the terminal print in style id.
func (r *Renderer) setPen(id uint32) {
	if id == r.pen {
		return
	}
	from, to := &r.ids.styles.styles[r.pen], &r.ids.styles.styles[id]
	r.pen = id
	if from.Link != to.Link {
		r.printLink(to.Link)
	}
	r.body = appendSGR(r.body, from, to)
}

func (r *Renderer) printLink(l *Link) {
	r.print("\x1b]8;")
	if l != nil && l.ID != "" {
		r.print("id=" + l.ID)
	}
	r.print(";")
	if l != nil {
		r.print(l.URI)
	}
	r.print("\x1b\\")
}
