package exec

import (
	"bytes"
	"slices"

	"github.com/xsh-project/xsh/internal/vt"
)

// snapText is the text of a screen.
func snapText(snap *vt.Snapshot) *lineJoiner {
	var text lineJoiner
	row, col, _ := snap.Cursor()
	text.rowsOf(snap, snap.HistoryLines(), row, col)
	return &text
}

// lineJoiner makes text of rows. Lines that were wrapped are one, without blanks at
// their ends. The cursor's row is as long as where it stands: a prompt ends with a
// blank.
type lineJoiner struct {
	text []byte
	rows []int // where each begins
	kept int   // the blanks before here stay
}

// rowsOf adds the rows of a history from one on and those of the screen, on which the
// cursor is.
func (j *lineJoiner) rowsOf(of interface {
	HistoryLines() int
	EachRow(from int, f func(text []byte, continues bool) bool)
}, from, cursorRow, cursorCol int) {
	cursorRow += of.HistoryLines() - from
	of.EachRow(from, func(text []byte, continues bool) bool {
		if len(j.rows) > 0 && !continues {
			j.endLine()
			j.text = append(j.text, '\n')
		}
		begin := len(j.text)
		j.rows = append(j.rows, begin)
		j.text = append(j.text, text...)
		if len(j.rows)-1 == cursorRow {
			j.reach(begin, cursorCol)
		}
		return true
	})
	j.endLine()
}

// reach makes the row that begins at begin as long as a column.
func (j *lineJoiner) reach(begin, col int) {
	j.text = append(j.text[:begin], bytes.TrimRight(j.text[begin:], " ")...)
	for _, r := range string(j.text[begin:]) {
		col -= vt.RuneWidth(r)
	}
	for ; col > 0; col-- {
		j.text = append(j.text, ' ')
	}
	j.kept = len(j.text)
}

// endLine takes away the blanks at the end of a line.
func (j *lineJoiner) endLine() {
	j.text = j.text[:max(j.kept, len(bytes.TrimRight(j.text, " ")))]
}

// row is the number of the row that the byte at i belongs to.
func (j *lineJoiner) row(i int) int {
	n, found := slices.BinarySearch(j.rows, i)
	if !found {
		n--
	}
	return n
}
