package vt

//go:generate sh -c "npm --prefix widthgen install --no-save --no-package-lock && node widthgen/generate.js && gofmt -w width_table.go"

// runeProps is what is known of a code point: its width in columns in bits 0-1,
// its graphemeClass in bits 2-5, and in bits 6-7 its part in Indic conjuncts, or
// that it is text which an emoji selector makes an emoji.
type runeProps uint8

func (p runeProps) width() int { return int(p & 3) }

// textEmoji tells whether an emoji selector makes an emoji of the character, and it
// wide: whether it is narrow, and in emoji-variation-sequences.txt.
func (p runeProps) textEmoji() bool { return p>>6 == 3 }

func (p runeProps) class() graphemeClass { return graphemeClass(p >> 2 & 15) }

// propsOf looks r up. Beyond the table there are ideographs, unassigned code
// points, and in plane 14 tags and variation selectors.
func propsOf(r rune) runeProps {
	switch {
	case r < widthLimit:
		return runeProps(widthBlocks[int(widthIndex[r>>widthShift])<<widthShift|int(r)&(1<<widthShift-1)])
	case r <= 0x3fffd && r&0xffff < 0xfffe:
		return 2
	case r >= 0xe0000 && r < 0xe1000:
		return runeProps(classExtend) << 2
	}
	return 1
}

// runeWidth returns how many columns r takes by itself: 0, 1 or 2. Characters of
// ambiguous width take one.
func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	return propsOf(r).width()
}

// graphemeClass is the Grapheme_Cluster_Break property of Unicode Standard
// Annex 29, with the pictographs as one more class.
type graphemeClass uint8

const (
	classOther graphemeClass = iota
	classExtend
	classZWJ
	classPrepend
	classSpacingMark
	classL
	classV
	classT
	classLV
	classLVT
	classRegional
	classPictograph
)
