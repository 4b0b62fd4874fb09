package vt

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// A line of the scrollback is kept as text, not as cells:
//
//	flags    1 byte: rowFlags in the low bits, lineRuns, lineSpecial
//	         with rowMarked: the length of the marks, with lineRuns that of the runs
//	marks    text
//	runs     for each its bytes and its style's number
//	text     UTF-8; 0x00 an empty cell, markCluster a cluster, see below
//
// Numbers are varints. A wide character takes two cells, which its width says
// again when the line is read. A cell of several code points is one of the
// bytes markNarrow and markWide, which UTF-8 never contains, a byte with the
// length, and the text. Empty cells at the end are left out, unless coloured.
const (
	lineRuns    = 0x40 // not all in the default style
	lineSpecial = 0x80 // the text has empty cells or clusters
	lineFlags   = 0x3f

	markNarrow = 0xfe
	markWide   = 0xff
)

// appendPlain appends the text of cells to dst, if all are in the default style and
// none is a cluster; else it appends nothing. It is what most lines take.
func appendPlain(dst []byte, cells []cell) (out []byte, special, ok bool) {
	n := len(dst)
	dst = slices.Grow(dst, utf8.UTFMax*len(cells))
	text := dst[n : n+utf8.UTFMax*len(cells)]
	k := 0
	for k < len(cells) && cells[k]-1 < 0x7f {
		text[k] = byte(cells[k])
		k++
	}
	for _, c := range cells[k:] {
		if c&^(cellRune|cellWide|cellTail) != 0 {
			return dst[:n], false, false
		}
		r := c & cellRune
		switch {
		case r < 0x80:
			if c&cellTail == 0 {
				text[k] = byte(r)
				special = special || r == 0
				k++
			}
		case r < 0x800:
			text[k] = 0xc0 | byte(r>>6)
			text[k+1] = 0x80 | byte(r)&0x3f
			k += 2
		case r < 0x10000:
			text[k] = 0xe0 | byte(r>>12)
			text[k+1] = 0x80 | byte(r>>6)&0x3f
			text[k+2] = 0x80 | byte(r)&0x3f
			k += 3
		default:
			k += utf8.EncodeRune(text[k:], rune(r))
		}
	}
	return dst[:n+k], special, true
}

// appendRun appends the text of those cells at the front that have the style of
// the first, and returns how many they are.
func appendRun(dst []byte, cells []cell, clusters []string) (out []byte, n int, special bool) {
	style := cells[0].styleBits()
	for i, c := range cells {
		v := c - style // of another style, it is far from any text
		switch {
		case v-1 < 0x7f:
			dst = append(dst, byte(v))
		case v == 0:
			dst = append(dst, 0)
			special = true
		case c.styleBits() != style:
			return dst, i, special
		case v&cellTail != 0:
		case v&cellCluster != 0:
			s := clusters[v&cellRune]
			mark := byte(markNarrow)
			if v&cellWide != 0 {
				mark = markWide
			}
			dst = append(append(dst, mark, byte(len(s))), s...)
			special = true
		default:
			dst = utf8.AppendRune(dst, rune(v&cellRune))
		}
	}
	return dst, len(cells), special
}

// trim returns cells without the empty default ones at the end.
func trim(cells []cell) []cell {
	n := len(cells)
	for n > 0 && cells[n-1] == 0 {
		n--
	}
	return cells[:n]
}

// historyLine is a line as it was found in a block.
type historyLine struct {
	flags   rowFlags
	special bool
	styled  bool   // not all in the default style
	marks   uint16 // bytes of them
	runs    []byte // the marks, and if styled the runs
	text    []byte
	styles  []Style

	run, at int // where next goes on, in runs and in text
}

func parseLine(rec []byte, styles []Style) historyLine {
	l := historyLine{
		flags:   rowFlags(rec[0] & lineFlags),
		special: rec[0]&lineSpecial != 0,
		styled:  rec[0]&lineRuns != 0,
		text:    rec[1:],
		styles:  styles,
	}
	if !l.styled && l.flags&rowMarked == 0 {
		return l
	}
	runs := 0
	if l.flags&rowMarked != 0 {
		n, k := binary.Uvarint(l.text)
		l.marks, l.text = uint16(n), l.text[k:]
		l.run = int(n)
	}
	if l.styled {
		n, k := binary.Uvarint(l.text)
		runs, l.text = int(n), l.text[k:]
	}
	runs += int(l.marks)
	l.runs, l.text = l.text[:runs], l.text[runs:]
	return l
}

// info returns what is known of the line beside its text.
func (l *historyLine) info() lineInfo {
	return lineInfo{l.flags, string(l.runs[:l.marks])}
}

// next returns the next piece of text in one style; ok is false at the end.
func (l *historyLine) next() (text []byte, s *Style, ok bool) {
	if !l.styled {
		text = l.text[l.at:]
		l.at = len(l.text)
		return text, &defaultStyle, len(text) > 0
	}
	if l.run == len(l.runs) {
		return nil, nil, false
	}
	n, k := binary.Uvarint(l.runs[l.run:])
	id, m := binary.Uvarint(l.runs[l.run+k:])
	text = l.text[l.at : l.at+int(n)]
	l.run += k + m
	l.at += int(n)
	return text, &l.styles[id], true
}

var defaultStyle Style

// startsWide tells whether the line's first character is a wide one.
func (l *historyLine) startsWide() bool {
	if len(l.text) == 0 || l.text[0] < 0x80 {
		return false
	}
	_, _, w := nextCell(l.text)
	return w == 2
}

// nextCell takes one cell off the front of text: its characters ("" for an
// empty cell) and its width.
func nextCell(text []byte) (chars, rest []byte, width int) {
	switch c := text[0]; {
	case c == 0:
		return nil, text[1:], 1
	case c < 0x80:
		return text[:1], text[1:], 1
	case c >= markNarrow:
		n := 2 + int(text[1])
		return text[2:n], text[n:], 1 + int(c-markNarrow)
	}
	r, n := utf8.DecodeRune(text)
	return text[:n], text[n:], max(runeWidth(r), 1)
}

// appendCells appends the line's cells to dst, in the styles and clusters of t.
func (l *historyLine) appendCells(dst []cell, t *cellTables) []cell {
	for {
		text, style, ok := l.next()
		if !ok {
			return dst
		}
		bits := cell(t.styles.id(*style)) << cellStyleShift
		for len(text) > 0 {
			if c := text[0]; c < 0x80 {
				dst = append(dst, bits|cell(c))
				text = text[1:]
				continue
			}
			mark := text[0]
			var chars []byte
			var w int
			chars, text, w = nextCell(text)
			c := bits
			if mark >= markNarrow {
				c |= cellCluster | cell(t.clusters.id(string(chars)))
			} else {
				r, _ := utf8.DecodeRune(chars)
				c |= cell(r)
			}
			if w == 2 {
				dst = append(dst, c|cellWide, bits|cellTail)
			} else {
				dst = append(dst, c)
			}
		}
	}
}
