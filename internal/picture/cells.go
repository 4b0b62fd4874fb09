package picture

import (
	"image/color"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// cell is a character with what belongs to it, at a column.
type cell struct {
	text       string
	col, width int
	style      style
}

// style is how a cell is drawn.
type style struct {
	fg, bg, line     color.RGBA
	bold, italic     bool
	underline        string
	strike, overline bool
	filled           bool // bg is not the picture's own
}

// styleOf is a run's style, with what inverse, dim and hidden make of its colours.
func styleOf(r exec.Run) style {
	s := style{
		fg: colorOf(r.FG, ink), bg: colorOf(r.BG, paper),
		bold: r.Bold, italic: r.Italic, underline: r.Underline, strike: r.Strike, overline: r.Overline,
		filled: r.BG != "" || r.Inverse,
	}
	if r.Inverse {
		s.fg, s.bg = s.bg, s.fg
	}
	if r.Dim {
		s.fg = mixed(s.fg, s.bg, 0x70)
	}
	if r.Hidden {
		s.fg = s.bg
	}
	s.line = colorOf(r.UnderlineColor, s.fg)
	return s
}

// cellsOf are a row's cells. The columns of each run are those that the screen gave
// it, so that a character whose width is in doubt moves nothing beyond its run.
func cellsOf(l exec.ScreenLine) []cell {
	var cells []cell
	col := 0
	for _, run := range l.Runs {
		s := styleOf(run)
		at, joined := col, false
		for _, r := range run.Text {
			w := vt.RuneWidth(r)
			last := len(cells) - 1
			if (w == 0 || joined) && at > col { // belongs to the character before
				cells[last].text += string(r)
				if r == '\ufe0f' && cells[last].width == 1 && at < col+run.Width {
					cells[last].width = 2
					at++
				}
				joined = r == '\u200d'
				continue
			}
			cells = append(cells, cell{string(r), at, w, s})
			at += w
			joined = false
		}
		if at < col+run.Width { // blanks that the text leaves out
			cells = append(cells, cell{"", at, col + run.Width - at, s})
		}
		col += run.Width
	}
	return cells
}

// rowsOf are the rows of a screen, those that left it first. A screen is drawn whole,
// and one with its history down to the last line that has something.
func rowsOf(s *exec.Screen) (rows [][]cell, cols int) {
	cols = s.Size.Cols
	for _, list := range [][]exec.ScreenLine{s.History, s.Lines} {
		for _, l := range list {
			cells := cellsOf(l)
			if n := len(cells); n > 0 {
				cols = max(cols, cells[n-1].col+cells[n-1].width)
			}
			rows = append(rows, cells)
		}
	}
	if end := len(s.Lines); len(s.History) > 0 {
		for end > 0 && s.Lines[end-1].Text == "" && s.Cursor.Row < end-1 {
			end--
		}
		rows = rows[:len(s.History)+end]
	}
	return rows, cols
}

// cursorOf is where a picture has its cursor: a row of rowsOf, negative for none.
func cursorOf(s *exec.Screen) (row, col int) {
	if !s.Cursor.Visible {
		return -1, 0
	}
	return len(s.History) + s.Cursor.Row, s.Cursor.Col
}
