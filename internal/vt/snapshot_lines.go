package vt

import "strings"

// Cell is one column of a line.
type Cell struct {
	Text  string // "" for an empty cell and for the second half of a wide one
	Width int    // 1; 2 for a wide character, and 0 for its second half
	Style Style
}

// Line is one row of a screen or of the scrollback.
type Line struct {
	Cells     []Cell   // up to the last that is not a default blank
	Continues bool     // the line above goes on here: an automatic wrap
	Prompt    bool     // a prompt begins here (OSC 133)
	Output    bool     // a command's output begins here
	Marks     []string // of these, and the end of a command, with options: "D;1", "A;redraw=1"
}

func newLine(cells []Cell, l lineInfo) Line {
	return Line{
		Cells:     cells,
		Continues: l.flags&rowContinues != 0,
		Prompt:    l.flags&rowPrompt != 0,
		Output:    l.flags&rowOutput != 0,
		Marks:     l.all(),
	}
}

// Text returns the line's characters, without blanks at the end.
func (l Line) Text() string {
	var b strings.Builder
	for _, c := range l.Cells {
		switch {
		case c.Text != "":
			b.WriteString(c.Text)
		case c.Width != 0:
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// Row returns row i of the screen that is shown.
func (s *Snapshot) Row(i int) Line { return s.gridLine(s.active(), i) }

// PrimaryRow returns row i of the primary screen, shown or not.
func (s *Snapshot) PrimaryRow(i int) Line { return s.gridLine(&s.prim, i) }

func (s *Snapshot) gridLine(g *grid, y int) Line {
	cells := trim(g.usedRow(y))
	out := make([]Cell, len(cells))
	for x, c := range cells {
		out[x] = Cell{c.text(s.clusters), c.width(), s.styles[c.style()]}
	}
	return newLine(out, g.line(y, &s.marks))
}

// History returns the n lines of scrollback from line from on, counted from the
// oldest; fewer if there are not as many.
func (s *Snapshot) History(from, n int) []Line {
	if from < 0 {
		n, from = n+from, 0
	}
	n = min(n, s.hist.lines-from)
	if n <= 0 {
		return nil
	}
	lines := make([]Line, 0, n)
	s.hist.each(from, func(l historyLine) bool {
		lines = append(lines, l.line())
		return len(lines) < n
	})
	return lines
}

// line decodes a line of history.
func (l *historyLine) line() Line {
	var out []Cell
	for {
		text, style, ok := l.next()
		if !ok {
			return newLine(out, l.info())
		}
		for len(text) > 0 {
			var chars []byte
			var w int
			chars, text, w = nextCell(text)
			out = append(out, Cell{string(chars), w, *style})
			if w == 2 {
				out = append(out, Cell{"", 0, *style})
			}
		}
	}
}

// Text returns the rows of the screen that is shown, without blanks at their ends.
func (s *Snapshot) Text() []string {
	rows := make([]string, s.Size().Rows)
	for y := range rows {
		rows[y] = s.Row(y).Text()
	}
	return rows
}
