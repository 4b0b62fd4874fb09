package vt

// cell is one column of one row. The zero cell is empty: never written, or
// erased with the default background.
//
//	bits 0-20   the character, or the cluster's number; 0 is empty
//	bit  21     the number is a cluster's
//	bit  22     the first half of a wide character
//	bit  23     its second half; the rest but the style is zero
//	bits 32-63  the style's number in the terminal's table
type cell uint64

const (
	cellRune    cell = 1<<21 - 1
	cellCluster cell = 1 << 21
	cellWide    cell = 1 << 22
	cellTail    cell = 1 << 23
	cellText    cell = 1<<32 - 1

	cellStyleShift = 32
)

func (c cell) style() uint32   { return uint32(c >> cellStyleShift) }
func (c cell) styleBits() cell { return c &^ cellText }

// empty tells whether nothing was written to the cell, whatever its style.
func (c cell) empty() bool { return c&cellText == 0 }

// visible tells whether the cell shows anything: an empty one and a space look the same.
func (c cell) visible() bool { return c != 0 && c != ' ' }

// width is 2 for the first half of a wide character, 0 for the second.
func (c cell) width() int {
	switch {
	case c&cellWide != 0:
		return 2
	case c&cellTail != 0:
		return 0
	}
	return 1
}

// textTable numbers texts: those of cells that hold more than one code point, and the
// marks of rows. Texts are only ever appended, so that a snapshot may share the slice; a
// collection starts a new one.
type textTable struct {
	texts []string
	index map[string]uint32
	limit int // collect when there are more
}

// maxCluster bounds the bytes of one cell's text. What joins it later is dropped.
const maxCluster = 128

// id returns the number of the text s.
func (t *textTable) id(s string) uint32 {
	if id, ok := t.index[s]; ok {
		return id
	}
	if t.index == nil {
		t.index = make(map[string]uint32)
	}
	id := uint32(len(t.texts))
	t.texts = append(t.texts, s)
	t.index[s] = id
	return id
}

// text returns what the cell shows, "" for an empty one or a second half.
func (c cell) text(clusters []string) string {
	switch {
	case c&cellCluster != 0:
		return clusters[c&cellRune]
	case c&cellRune != 0:
		return string(rune(c & cellRune))
	}
	return ""
}
