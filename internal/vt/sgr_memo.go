package vt

import (
	"encoding/binary"
	"math/bits"
)

// penMemo remembers what short SGR sequences made of pens. A program in colour
// sends the same few again and again: to know one by its bytes costs a fraction
// of taking it apart, applying it, and numbering the style that comes of it.
type penMemo [memoSlots]penChange

const memoSlots = 512

// penChange is an SGR sequence and the numbers of the styles that it leads from
// and to. The zero one is true: the empty sequence leaves the default pen.
type penChange struct {
	params   uint64 // as they were written, the first byte lowest
	n        uint32 // bytes in params
	from, to uint32
	erased   uint32 // of to, the background alone
}

// maxMemoParams is how long a sequence may be inside to be remembered: up to
// 38;5;255, what one word holds.
const maxMemoParams = 8

// find returns what is remembered of n bytes of parameters and a pen, or nil.
func (m *penMemo) find(params uint64, n, from uint32) *penChange {
	i := memoSlot(params, from)
	if c := &m[i]; c.params == params && c.from == from && c.n == n {
		return c
	}
	if c := &m[i^1]; c.params == params && c.from == from && c.n == n {
		return c
	}
	return nil
}

// add remembers c. Of two that share a pair of slots neither drives out the
// other.
func (m *penMemo) add(c penChange) {
	i := memoSlot(c.params, c.from)
	m[i^1] = m[i]
	m[i] = c
}

func memoSlot(params uint64, from uint32) uint64 {
	return (params ^ uint64(from)<<32) * 0x9e3779b97f4a7c15 / (1 << 64 / memoSlots)
}

// shortSGR acts on the SGR sequence that b, which starts with an escape, begins
// with, and returns its length. It returns 0 for anything else, and for a
// sequence that is long, or too near the end of b to be looked at by words.
func (t *Terminal) shortSGR(b []byte) int {
	if len(b) < maxMemoParams+3 || b[1] != '[' {
		return 0
	}
	params := binary.LittleEndian.Uint64(b[2:])
	n := bits.TrailingZeros64(params&0x4040404040404040) / 8 // the first letter, or what is no ASCII
	if b[2+n] != 'm' {
		return 0
	}
	params &= 1<<(8*n) - 1
	if params == 0 || params == '0' {
		t.plainPen()
		return n + 3
	}
	from := t.pen().style()
	if t.memo == nil {
		t.memo = new(penMemo)
	}
	c := t.memo.find(params, uint32(n), from)
	if c == nil {
		return t.learnSGR(b[:n+3], params, from)
	}
	if c.to != from {
		t.cur.pen = t.tables.styles.styles[c.to]
		t.penCell, t.eraseCell = cell(c.to)<<cellStyleShift, cell(c.erased)<<cellStyleShift
	}
	t.last = 0
	return n + 3
}

// plainPen is SGR 0.
func (t *Terminal) plainPen() {
	t.last = 0
	t.cur.pen.plain()
	if t.cur.pen.Link != nil || t.cur.pen.Attrs != 0 {
		t.penStale = true
		return
	}
	t.penCell, t.eraseCell, t.penStale = 0, 0, false
}

// learnSGR acts on the SGR sequence b, if there are numbers alone in it, and
// remembers what came of it.
func (t *Terminal) learnSGR(b []byte, params uint64, from uint32) int {
	for _, c := range b[2 : len(b)-1] {
		if c < '0' || c > ';' {
			return 0
		}
	}
	t.parser.next(b)
	t.sgr()
	t.last = 0
	to := t.pen().style()
	if t.memo != nil { // else the styles were numbered anew
		t.memo.add(penChange{params, uint32(len(b) - 3), from, to, t.eraseCell.style()})
	}
	return len(b)
}
