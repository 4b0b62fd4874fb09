package vt

import "hash/maphash"

// Color is a colour as a program names it. The zero value is the default.
type Color uint32

const (
	colorIndexed Color = 1 << 24
	colorDirect  Color = 2 << 24
)

// Indexed returns the colour i of the palette.
func Indexed(i uint8) Color { return colorIndexed | Color(i) }

// Direct returns the colour with these components.
func Direct(r, g, b uint8) Color {
	return colorDirect | Color(r)<<16 | Color(g)<<8 | Color(b)
}

// IsDefault tells whether c is the default colour.
func (c Color) IsDefault() bool { return c == 0 }

// Index returns the number in the palette, and whether c is a palette colour.
func (c Color) Index() (uint8, bool) { return uint8(c), c&colorIndexed != 0 }

// RGB returns the components, and whether c is a direct colour.
func (c Color) RGB() (r, g, b uint8, ok bool) {
	return uint8(c >> 16), uint8(c >> 8), uint8(c), c&colorDirect != 0
}

// Attr is a set of attributes of a character.
type Attr uint16

const (
	AttrBold Attr = 1 << iota
	AttrDim
	AttrItalic
	AttrBlink
	AttrInverse
	AttrHidden
	AttrStrike
	AttrOverline
	AttrProtected // DECSCA: not erased by DECSED and DECSEL
)

// Underline is how a character is underlined.
type Underline uint8

const (
	UnderlineNone Underline = iota
	UnderlineSingle
	UnderlineDouble
	UnderlineCurly
	UnderlineDotted
	UnderlineDashed
)

// Link is the target of a hyperlink (OSC 8). It is immutable.
type Link struct {
	URI string
	ID  string // as the program gave it; "" for none

	hash uint64 // of both; a program cannot make many links share one
}

var linkSeed = maphash.MakeSeed()

// hashed returns the link with its hash.
func (l Link) hashed() Link {
	l.hash = maphash.Comparable(linkSeed, [2]string{l.URI, l.ID})
	return l
}

func (l *Link) size() int { return len(l.URI) + len(l.ID) }

// Style is how a cell looks. The zero value is the default.
type Style struct {
	FG, BG         Color
	UnderlineColor Color
	Attrs          Attr
	Underline      Underline
	Link           *Link // nil for none
}

// styleTable numbers the styles that cells refer to; 0 is the default. Styles
// are only ever appended, so that a snapshot may share the slice. A program that
// uses ever new colours makes the table grow to its limit; then those in use are
// moved to a new table and the cells renumbered, see Terminal.collectStyles.
type styleTable struct {
	styles []Style
	slots  []uint32 // open addressing: number + 1 of the style, 0 free
	limit  int      // collect when there are more
	links  int      // bytes of the links that the styles point to
}

// minStyleLimit is the number of styles up to which no collection is tried.
const minStyleLimit = 2048

func newStyleTable() styleTable {
	return styleTable{styles: make([]Style, 1, 4), limit: minStyleLimit}
}

func (s *Style) hash() uint32 {
	h := uint64(s.FG)<<32 | uint64(s.BG)
	h = (h ^ uint64(s.UnderlineColor)<<20 ^ uint64(s.Attrs)<<3 ^ uint64(s.Underline)) * 0x9e3779b97f4a7c15
	if s.Link != nil {
		h ^= s.Link.hash
	}
	return uint32(h >> 32)
}

// id returns the number of style s.
func (t *styleTable) id(s Style) uint32 {
	if s == (Style{}) {
		return 0
	}
	if 2*len(t.styles) >= len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	for i := s.hash() & mask; ; i = (i + 1) & mask {
		n := t.slots[i]
		if n == 0 {
			t.styles = append(t.styles, s)
			t.slots[i] = uint32(len(t.styles))
			if s.Link != nil {
				t.links += s.Link.size()
			}
			return uint32(len(t.styles) - 1)
		}
		if t.styles[n-1] == s {
			return n - 1
		}
	}
}

// grow doubles the hash and enters all styles again.
func (t *styleTable) grow() {
	t.slots = make([]uint32, max(16, 2*len(t.slots)))
	mask := uint32(len(t.slots) - 1)
	for n := 1; n < len(t.styles); n++ {
		i := t.styles[n].hash() & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = uint32(n + 1)
	}
}
