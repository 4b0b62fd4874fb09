package vt

// Bounds of a grid. A terminal may be asked for any size up to 65535x65535; the
// model keeps no more than this of it.
const (
	MaxRows  = 4096
	MaxCols  = 16384
	maxCells = 1 << 20
)

// clip returns the size that the model keeps when asked for s.
func (s Size) clip() Size {
	s.Cols = min(max(s.Cols, 1), MaxCols)
	s.Rows = min(max(s.Rows, 1), MaxRows, maxCells/s.Cols)
	return s
}

// rowFlags tell about a row as a whole.
type rowFlags uint8

const (
	rowContinues rowFlags = 1 << iota // goes on with the row above: an automatic wrap
	rowPrompt                         // a prompt begins on it (OSC 133;A)
	rowOutput                         // a command's output begins on it (OSC 133;C)
	rowMarked                         // it has marks of a shell with more to say, see shellmark.go
	rowWide                           // its characters are double: DECDWL,
	rowTall                           // or, with rowWide, the bottom halves of DECDHL; alone the top ones

	rowDouble = rowWide | rowTall
)

// rowMeta is what a grid knows of a row beside its cells. Cells from used on
// are zero.
type rowMeta struct {
	used  uint16
	marks uint16 // number of their text; it holds under rowMarked
	flags rowFlags
}

// grid is the cells of one screen. Rows are moved by moving their numbers in
// order, not their cells.
type grid struct {
	size  Size
	cells []cell
	order []uint16
	meta  []rowMeta // of the row at the same place in cells
}

func newGrid(size Size) grid {
	g := grid{
		size:  size,
		cells: make([]cell, size.Rows*size.Cols),
		order: make([]uint16, size.Rows),
		meta:  make([]rowMeta, size.Rows),
	}
	for i := range g.order {
		g.order[i] = uint16(i)
	}
	return g
}

// clone copies a grid for a snapshot.
func (g *grid) clone() grid {
	c := *g
	c.cells = append([]cell(nil), g.cells...)
	c.order = append([]uint16(nil), g.order...)
	c.meta = append([]rowMeta(nil), g.meta...)
	return c
}

// row returns the cells of row y. Whoever writes to them calls touch.
func (g *grid) row(y int) []cell {
	i := int(g.order[y]) * g.size.Cols
	return g.cells[i : i+g.size.Cols : i+g.size.Cols]
}

func (g *grid) info(y int) *rowMeta { return &g.meta[g.order[y]] }

// usedRow returns the cells of row y up to the last that was written.
func (g *grid) usedRow(y int) []cell { return g.row(y)[:g.info(y).used] }

// touch notes that cells of row y before end were written.
func (g *grid) touch(y, end int) {
	if m := g.info(y); int(m.used) < end {
		m.used = uint16(end)
	}
}

// blank tells whether all cells are as if never written.
func (g *grid) blank() bool {
	for y := range g.size.Rows {
		if len(trim(g.usedRow(y))) > 0 {
			return false
		}
	}
	return true
}

// fill sets the cells from, ..., to-1 of row y to c.
func (g *grid) fill(y, from, to int, c cell) {
	if from >= to {
		return
	}
	m := g.info(y)
	row := g.row(y)
	if c == 0 {
		if used := int(m.used); to >= used {
			m.used = uint16(min(from, used))
			to = used
		}
		if from < to {
			clear(row[from:to])
		}
		return
	}
	for i := range row[from:to] {
		row[from+i] = c
	}
	g.touch(y, to)
}

// reset makes row y blank, in c, and forgets its flags.
func (g *grid) reset(y int, c cell) {
	g.info(y).flags = 0
	g.fill(y, 0, g.size.Cols, c)
}

// split makes blank, in c, the wide character that straddles the border before
// column x of row y, if there is one.
func (g *grid) split(y, x int, c cell) {
	if x <= 0 || x >= g.size.Cols {
		return
	}
	row := g.row(y)
	if row[x]&cellTail != 0 {
		row[x-1], row[x] = c.styleBits(), c.styleBits()
	}
}

// scrollUp moves rows top+n, ..., bottom up by n and blanks the n rows that
// become free at the bottom, in c.
func (g *grid) scrollUp(top, bottom, n int, c cell) {
	if n == 1 && c == 0 {
		o := g.order[top : bottom+1]
		first := o[0]
		copy(o, o[1:])
		o[len(o)-1] = first
		m := &g.meta[first]
		i := int(first) * g.size.Cols
		clear(g.cells[i : i+int(m.used)])
		*m = rowMeta{}
		return
	}
	g.rotate(top, bottom, n)
	for y := bottom - n + 1; y <= bottom; y++ {
		g.reset(y, c)
	}
}

// scrollDown moves rows top, ..., bottom-n down by n and blanks the n rows that
// become free at the top, in c.
func (g *grid) scrollDown(top, bottom, n int, c cell) {
	g.rotate(top, bottom, bottom-top+1-n)
	for y := top; y < top+n; y++ {
		g.reset(y, c)
	}
}

// rotate moves row top+n to top, and so on; the first n rows come last.
func (g *grid) rotate(top, bottom, n int) {
	o := g.order[top : bottom+1]
	var buf [64]uint16
	if n == len(o)-1 {
		last := o[n]
		copy(o[1:], o)
		o[0] = last
		return
	}
	tmp := append(buf[:0], o[:n]...)
	copy(o, o[n:])
	copy(o[len(o)-n:], tmp)
}
