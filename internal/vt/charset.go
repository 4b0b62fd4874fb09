package vt

// charset is a character set that may be designated to one of G0 to G3. Its
// value is the final byte of the sequence that does so; 0 stands for ASCII.
type charset byte

const (
	charsetASCII   charset = 0
	charsetSpecial charset = '0' // DEC special graphics: line drawing
	charsetUK      charset = 'A'
)

// charsets is which sets are designated and invoked.
type charsets struct {
	g      [4]charset
	gl     uint8 // which of g the printable characters come from
	gr     uint8 // which the upper half would, which UTF-8 has not; 0 is G2, as after a reset
	single uint8 // SS2, SS3: where the next character alone comes from; 0 none
}

// plain tells whether printable ASCII shows as itself.
func (s *charsets) plain() bool {
	return s.single == 0 && s.g[s.gl] == charsetASCII
}

// decSpecial is what 0x5f to 0x7e show in DEC special graphics.
var decSpecial = [32]rune{
	' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼',
	'⎺', '⎻', '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
}

// translate returns what r, printable ASCII, shows in the set.
func (c charset) translate(r rune) rune {
	switch c {
	case charsetSpecial:
		if r >= 0x5f {
			return decSpecial[r-0x5f]
		}
	case charsetUK:
		if r == '#' {
			return '£'
		}
	default:
		if n := c.national(); n != "" {
			return n.translate(r)
		}
	}
	return r
}

// current returns the set for the next character and forgets a single shift.
func (s *charsets) current() charset {
	if n := s.single; n != 0 {
		s.single = 0
		return s.g[n]
	}
	return s.g[s.gl]
}

// designate makes final, of a 94-character set, the set n.
func (s *charsets) designate(n int, final byte) {
	set := charset(final)
	if final == 'B' || final == '1' {
		set = charsetASCII
	} else if final == '2' {
		set = charsetSpecial
	}
	s.g[n] = set
}

// nationalSet is a national replacement set: ASCII but for these characters, at
// the places of nationalPlaces.
type nationalSet string

const nationalPlaces = "#@[\\]^_`{|}~"

func (n nationalSet) translate(r rune) rune {
	i := 0
	for _, to := range string(n) {
		if rune(nationalPlaces[i]) == r {
			return to
		}
		i++
	}
	return r
}

// national returns one of the sets of the DEC VT220 by the final byte that names it, or
// "" if there is none of that name.
func (c charset) national() nationalSet {
	switch c {
	case '4':
		return "£¾ĳ½|^_`¨ƒ¼´"
	case 'C', '5':
		return "#@ÄÖÅÜ_éäöåü"
	case 'R', 'f':
		return "£à°ç§^_`éùè¨"
	case 'Q', '9':
		return "#àâçêî_ôéùèû"
	case 'K':
		return "#§ÄÖÜ^_`äöüß"
	case 'Y':
		return "£§°çé^_ùàòèì"
	case '`', 'E', '6':
		return "#ÄÆØÅÜ_äæøåü"
	case 'Z':
		return "£§¡Ñ¿^_`°ñç~"
	case 'H', '7':
		return "#ÉÄÖÅÜ_éäöåü"
	case '=':
		return "ùàéçêîèôäöüû"
	}
	return ""
}
