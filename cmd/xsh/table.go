package main

import (
	"bufio"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/vt"
)

// column is one of a table.
type column struct {
	head string
	// least is what a long cell may be cut to; zero means that none is cut.
	least int
	// worth says which column is left out first where there is no room: the one
	// with the lowest. The first column always stays.
	worth int
}

// table is printed with a line for each row, as wide as its cells are.
type table struct {
	columns []column
	rows    [][]string // a cell for each column
	// color tells the colour of a cell; nil is none for any.
	color func(head, cell string) string
}

const (
	columnGap = 2
	// maxCell is the most columns that a cell may take on a screen of any width:
	// the arguments of a command can be megabytes.
	maxCell = 256
)

// print writes the table so that no line takes more than width columns, and
// none of its columns that has nothing to say. A width of zero means any.
func (t table) print(w io.Writer, width int) error {
	t = t.fit(width)
	widths := t.widths(width)
	out := bufio.NewWriter(w)
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
	}
	for n, row := range append([][]string{heads}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			shown := cut(cell, widths[i])
			if t.color != nil && n > 0 {
				line.WriteString(colored(shown, t.color(heads[i], cell)))
			} else {
				line.WriteString(shown)
			}
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-columns(shown)+columnGap))
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.Flush()
}

// fit returns the table without the columns that are empty, and without those
// for which there is no room even if every cell is cut.
func (t table) fit(width int) table {
	for i := len(t.columns) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" }) {
			t = t.without(i)
		}
	}
	for width > 0 && len(t.columns) > 1 {
		least := columnGap * (len(t.columns) - 1)
		first := 1
		for i, c := range t.columns {
			least += t.least(i)
			if i > 0 && c.worth < t.columns[first].worth {
				first = i
			}
		}
		if least <= width {
			break
		}
		t = t.without(first)
	}
	return t
}

func (t table) without(column int) table {
	left := table{color: t.color, columns: slices.Delete(slices.Clone(t.columns), column, column+1)}
	for _, row := range t.rows {
		left.rows = append(left.rows, slices.Delete(slices.Clone(row), column, column+1))
	}
	return left
}

// natural is how wide a column would be, were there room.
func (t table) natural(i int) int {
	most := columns(t.columns[i].head)
	for _, row := range t.rows {
		most = max(most, min(columns(row[i]), maxCell))
	}
	return most
}

func (t table) least(i int) int {
	if t.columns[i].least == 0 {
		return t.natural(i)
	}
	return min(t.natural(i), max(t.columns[i].least, columns(t.columns[i].head)))
}

// widths returns how wide each column is. What is too much is taken from the
// widest of those that may be cut.
func (t table) widths(width int) []int {
	widths, least := make([]int, len(t.columns)), make([]int, len(t.columns))
	over := columnGap*(len(t.columns)-1) - width
	for i := range t.columns {
		widths[i], least[i] = t.natural(i), t.least(i)
		over += widths[i]
	}
	for ; width > 0 && over > 0; over-- {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			widths[0] = max(1, widths[0]-over) // it is alone
			break
		}
		widths[widest]--
	}
	return widths
}

// columns returns how many columns text takes on a terminal.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += vt.RuneWidth(r)
	}
	return n
}

// cut returns text with its middle left out if it takes more than width columns.
func cut(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	runes := []rune(text)
	room := width - 1 // for the mark
	head, tail := 0, len(runes)
	for used := 0; used < room/2 && used+vt.RuneWidth(runes[head]) <= room/2; head++ {
		used += vt.RuneWidth(runes[head])
	}
	left := room - columns(string(runes[:head]))
	for tail > head && vt.RuneWidth(runes[tail-1]) <= left {
		tail--
		left -= vt.RuneWidth(runes[tail])
	}
	for tail < len(runes) && vt.RuneWidth(runes[tail]) == 0 {
		tail++ // it belongs to what was left out
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}

// width returns how many columns the terminal has that f is, or zero.
func width(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
