package vt

import "slices"

// maxPenStack is how many pens XTPUSHSGR keeps.
const maxPenStack = 10

// pushedPen is a pen that XTPUSHSGR keeps, and of what of it.
type pushedPen struct {
	pen  Style
	what uint16 // a bit for each of pushable; 0 for all
}

// pushable are the parameters of XTPUSHSGR: those of SGR that set what is meant, and 30
// and 31 for the colours of the text and of what is behind it.
var pushable = []int{1, 2, 3, 4, 5, 7, 8, 9, 21, 30, 31}

// pushPen is XTPUSHSGR.
func (t *Terminal) pushPen() {
	s := &t.parser.seq
	p := pushedPen{pen: t.cur.pen}
	for i := range int(s.nparams) {
		if k := slices.Index(pushable, s.at(i, 0)); k >= 0 {
			p.what |= 1 << k
		}
	}
	if stack := t.penStack; len(stack) < maxPenStack {
		t.penStack = append(stack[:len(stack):len(stack)], p)
	}
}

// params returns the parameters that p was pushed with.
func (p *pushedPen) params() (list []int) {
	for k, n := range pushable {
		if p.what>>k&1 != 0 {
			list = append(list, n)
		}
	}
	return list
}

// popPen is XTPOPSGR. Links and protection are no matter of SGR.
func (t *Terminal) popPen() {
	n := len(t.penStack)
	if n == 0 {
		return
	}
	p := t.penStack[n-1]
	t.penStack = t.penStack[:n-1]
	t.penStale = true
	if p.what == 0 {
		now := t.cur.pen
		t.cur.pen = p.pen
		t.cur.pen.Link = now.Link
		t.cur.pen.Attrs = t.cur.pen.Attrs&^AttrProtected | now.Attrs&AttrProtected
		return
	}
	for _, n := range p.params() {
		t.cur.pen.take(n, &p.pen)
	}
}

// take makes what a parameter of XTPUSHSGR means as it is in from.
func (s *Style) take(n int, from *Style) {
	switch n {
	case 4, 21:
		s.Underline, s.UnderlineColor = from.Underline, from.UnderlineColor
	case 30:
		s.FG = from.FG
	case 31:
		s.BG = from.BG
	default:
		var one Style
		one.setAttr(uint16(n))
		s.Attrs = s.Attrs&^one.Attrs | from.Attrs&one.Attrs
	}
}
