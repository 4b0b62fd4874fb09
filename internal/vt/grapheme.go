package vt

import "unicode/utf8"

// Grapheme clusters (mode 2027): characters that belong together share a cell, as
// Unicode Standard Annex 29 has it. Without the mode a terminal goes by code
// points: only what has no width joins the cell before it.

// clusterState is what must be known of the cluster before the cursor to tell
// whether the next character goes on with it.
type clusterState struct {
	active     bool
	prev       graphemeClass
	pictograph bool // the cluster began with a pictograph, only extended since
	regional   bool // an odd number of regional indicators precede
	conjunct   uint8
}

// Of an Indic conjunct: a consonant, and then a linker, were seen.
const (
	conjunctNone uint8 = iota
	conjunctConsonant
	conjunctLinked
)

func (p runeProps) conjunct() uint8 { return uint8(p >> 6) }

// advance takes the next character and tells whether it joins the cluster. The
// rules are named as in the annex.
func (s *clusterState) advance(p runeProps) (joins bool) {
	class := p.class()
	joins = s.active && s.joins(p)
	if !joins {
		*s = clusterState{active: true}
	}
	s.prev = class
	switch class {
	case classPictograph:
		s.pictograph = true
	case classExtend, classZWJ:
	default:
		s.pictograph = false
	}
	s.regional = class == classRegional && !s.regional
	switch {
	case p.conjunct() == 1:
		s.conjunct = conjunctConsonant
	case p.conjunct() == 2 && s.conjunct != conjunctNone:
		s.conjunct = conjunctLinked
	case class != classExtend && class != classZWJ:
		s.conjunct = conjunctNone
	}
	return joins
}

func (s *clusterState) joins(p runeProps) bool {
	class := p.class()
	switch {
	case class == classExtend, class == classZWJ, class == classSpacingMark: // GB9, GB9a
		return true
	case s.prev == classPrepend: // GB9b
		return true
	case s.prev == classL: // GB6
		return class == classL || class == classV || class == classLV || class == classLVT
	case s.prev == classLV, s.prev == classV: // GB7
		return class == classV || class == classT
	case s.prev == classLVT, s.prev == classT: // GB8
		return class == classT
	case s.conjunct == conjunctLinked && p.conjunct() == 1: // GB9c
		return true
	case s.prev == classZWJ && s.pictograph: // GB11
		return class == classPictograph
	case s.prev == classRegional && s.regional: // GB12, GB13
		return class == classRegional
	}
	return false
}

const (
	textSelector  = 0xfe0e
	emojiSelector = 0xfe0f
)

// joinCluster adds r to the cell before the cursor if it belongs to the cluster
// there, and widens the cell if that makes it wide: an emoji selector, or a
// second character that is wide by itself or takes room. It tells whether it did.
func (t *Terminal) joinCluster(r rune) bool {
	p := propsOf(r)
	if t.last == 0 {
		t.cluster = clusterState{}
	}
	if !t.cluster.advance(p) {
		return false
	}
	x, ok := t.before()
	if !ok {
		return false
	}
	row := t.grid.row(t.cur.row)
	if row[x].empty() {
		return false
	}
	widen := p.width() == 2 || r == emojiSelector && emojiBase(row[x], t.tables.clusters.texts) ||
		p.class() == classRegional
	widen = widen && row[x]&cellWide == 0
	if widen && x == t.rightLimit() && (!t.on(modeWrap) || t.right == t.left) {
		return true // there is no room for it
	}
	row[x] = t.withRune(row[x], r)
	switch {
	case widen:
		t.widen(x)
	case r == textSelector && row[x]&cellWide != 0 && textBase(row[x].text(t.tables.clusters.texts)):
		t.narrow(x)
	}
	return true
}

// emojiBase tells whether a cell is a character that an emoji selector, which has
// joined it already or is about to, makes a wide emoji.
func emojiBase(c cell, clusters []string) bool {
	for _, r := range c.text(clusters) {
		return propsOf(r).textEmoji()
	}
	return false
}

// textBase tells whether a cell's text is a picture and a text selector alone.
func textBase(text string) bool {
	r, n := utf8.DecodeRuneInString(text)
	return propsOf(r).class() == classPictograph && utf8.RuneCountInString(text[n:]) == 1
}

// widen makes the narrow cell at column x, which is before the cursor, a wide
// one. In the last column there is no room: then it goes to the next line.
func (t *Terminal) widen(x int) {
	g, y := t.grid, t.cur.row
	row := g.row(y)
	c := row[x]
	if x+1 > t.rightLimit() {
		row[x] = c.styleBits()
		t.cur.pending = false
		t.wrap()
		t.put(c&cellText, 2)
		return
	}
	g.split(y, x+2, c.styleBits())
	row[x] = c | cellWide
	row[x+1] = cellTail | c.styleBits()
	g.touch(y, x+2)
	limit := t.rightLimit()
	t.cur.pending = x+2 > limit
	t.cur.col = min(x+2, limit)
}

// narrow makes the wide cell at column x a narrow one.
func (t *Terminal) narrow(x int) {
	row := t.grid.row(t.cur.row)
	row[x] &^= cellWide
	row[x+1] = row[x].styleBits()
	t.cur.pending = false
	t.cur.col = x + 1
}
