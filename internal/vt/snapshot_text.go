package vt

import "bytes"

// EachLine calls f with the text of each line of the scrollback and then of the
// screen that is shown, until f returns false. Rows that were wrapped are one line,
// and there are no blanks at its end. The bytes are valid during the call.
func (s *Snapshot) EachLine(f func(text []byte) bool) {
	var line []byte
	begun := false
	add := func(continues bool, row func([]byte) []byte) bool {
		if begun && !continues {
			if !f(bytes.TrimRight(line, " ")) {
				return false
			}
			line = line[:0]
		}
		begun = true
		line = row(line)
		return true
	}
	more := true
	s.hist.each(0, func(l historyLine) bool {
		more = add(l.flags&rowContinues != 0, l.appendText)
		return more
	})
	for y := 0; more && y < s.Size().Rows; y++ {
		row := s.Row(y)
		more = add(row.Continues, func(dst []byte) []byte { return append(dst, row.Text()...) })
	}
	if more && begun {
		f(bytes.TrimRight(line, " "))
	}
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
