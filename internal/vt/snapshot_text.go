package vt

import (
	"bytes"
	"unicode/utf8"
)

// EachLine calls f with the text of each line of the scrollback and then of the
// screen that is shown, until f returns false. Rows that were wrapped are one line,
// and there are no blanks at its end. The bytes are valid during the call.
func (s *Snapshot) EachLine(f func(text []byte) bool) {
	var line []byte
	begun, more := false, true
	s.EachRow(0, func(row []byte, continues bool) bool {
		if begun && !continues {
			more = f(bytes.TrimRight(line, " "))
			line = line[:0]
		}
		begun = true
		line = append(line, row...)
		return more
	})
	if more && begun {
		f(bytes.TrimRight(line, " "))
	}
}

// EachRow calls f with the text of each row of the scrollback, from row from on counted
// from the oldest, and then of the screen that is shown, until f returns false. continues
// says that the row above goes on in this one. The bytes are valid during the call.
func (s *Snapshot) EachRow(from int, f func(text []byte, continues bool) bool) {
	eachRow(&s.hist, from, s.active(), s.clusters, f)
}

// EachRow is the Snapshot's, of the terminal as it is: f must not use the terminal.
func (t *Terminal) EachRow(from int, f func(text []byte, continues bool) bool) {
	hist := historyView{full: t.hist.full, tail: t.hist.tail, first: t.hist.first, lines: t.hist.lines}
	eachRow(&hist, from, t.grid, t.tables.clusters.texts, f)
}

func eachRow(hist *historyView, from int, g *grid, clusters []string, f func(text []byte, continues bool) bool) {
	var row []byte
	more := true
	if from < hist.lines {
		hist.each(from, func(l historyLine) bool {
			row = l.appendText(row[:0])
			more = f(row, l.flags&rowContinues != 0)
			return more
		})
	}
	for y := 0; more && y < g.size.Rows; y++ {
		row = appendRowText(row[:0], trim(g.usedRow(y)), clusters)
		more = f(row, g.info(y).flags&rowContinues != 0)
	}
}

// appendRowText appends the characters of cells.
func appendRowText(dst []byte, cells []cell, clusters []string) []byte {
	for _, c := range cells {
		switch r := rune(c & cellRune); {
		case c&cellCluster != 0:
			dst = append(dst, clusters[r]...)
		case r != 0:
			dst = utf8.AppendRune(dst, r)
		case c.width() != 0:
			dst = append(dst, ' ')
		}
	}
	return dst
}

// appendText appends the line's characters.
func (l *historyLine) appendText(dst []byte) []byte {
	if !l.special {
		return append(dst, l.text...)
	}
	for text := l.text; len(text) > 0; {
		var chars []byte
		chars, text, _ = nextCell(text)
		if len(chars) == 0 {
			chars = []byte{' '}
		}
		dst = append(dst, chars...)
	}
	return dst
}
