package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// blockSize is the text of one block of history.
const blockSize = 32 << 10

// block is some lines of history. Its slices are only appended to, and a block
// that is full is never written again, so that snapshots share it.
type block struct {
	data   []byte
	ends   []uint32 // where each line ends in data
	styles []Style  // of the lines; 0 is the default
	runs   int      // how often the lines change their style, about
	links  int      // bytes of hyperlinks that styles point to
	shared bool     // a snapshot may have it
}

// line returns line i of the block.
func (b *block) line(i int) historyLine {
	var from uint32
	if i > 0 {
		from = b.ends[i-1]
	}
	return parseLine(b.data[from:b.ends[i]], b.styles)
}

// size is what a block weighs against ScrollbackBytes.
func (b *block) size() int {
	return len(b.data) + 4*len(b.ends) + 32*len(b.styles) + b.links
}

// history is the scrollback: full blocks, and the one that is being filled.
type history struct {
	full  []*block
	tail  block
	first int    // lines of the oldest block that were dropped
	lines int    // lines kept, in all blocks
	bytes int    // weight of the full blocks
	spare *block // was dropped, and its memory is nobody's
	lost  int64  // lines as programs wrote them that began in blocks dropped

	maxLines int
	maxBytes int

	local []localStyle // number in tail.styles of the terminal's styles
	gen   uint32       // an entry of local is meant if its gen is this

	text, runs []byte // of the line that is being appended
}

type localStyle struct{ gen, id uint32 }

// push appends a row to the history. Cells are in the terminal's styles and
// clusters.
func (h *history) push(cells []cell, l lineInfo, t *cellTables) {
	if h.maxLines <= 0 {
		return
	}
	cells = trim(cells)
	h.makeRoom(len(cells) + len(l.marks))
	h.appendLine(cells, l, t)
	h.lines++
	h.evict()
}

// pushText appends a row of text in the default style that takes so many cells:
// whole characters of one code point, and none that has no width.
func (h *history) pushText(text []byte, cells int, flags rowFlags) {
	if h.maxLines <= 0 {
		return
	}
	h.makeRoom(cells)
	b := &h.tail
	b.data = append(append(b.data, byte(flags)), text...)
	b.ends = append(b.ends, uint32(len(b.data)))
	h.lines++
	h.evict()
}

// makeRoom starts another block if this one may not have room for n cells.
func (h *history) makeRoom(n int) {
	if len(h.tail.data)+utf8.UTFMax*n+16 > blockSize && len(h.tail.ends) > 0 {
		h.seal()
	}
}

// cellTables is what the numbers in cells refer to.
type cellTables struct {
	styles   styleTable
	clusters textTable
	marks    textTable
}

func (h *history) appendLine(cells []cell, l lineInfo, t *cellTables) {
	b := &h.tail
	start := len(b.data)
	b.data = append(b.data, byte(l.flags))
	if l.flags&rowMarked != 0 {
		b.data = binary.AppendUvarint(b.data, uint64(len(l.marks)))
	} else {
		l.marks = ""
	}
	data, special, ok := appendPlain(append(b.data, l.marks...), cells)
	if ok {
		b.data = data
	} else {
		b.data[start] |= lineRuns
		special = h.appendStyled(cells, l.marks, t)
	}
	if special {
		b.data[start] |= lineSpecial
	}
	b.ends = append(b.ends, uint32(len(b.data)))
}

// appendStyled appends the length of the runs, the marks, the runs and then the text of
// a line in several styles.
func (h *history) appendStyled(cells []cell, marks string, t *cellTables) (special bool) {
	text, runs := h.text[:0], h.runs[:0]
	for len(cells) > 0 {
		from := len(text)
		style := cells[0].style()
		var n int
		var s bool
		text, n, s = appendRun(text, cells, t.clusters.texts)
		special = special || s
		cells = cells[n:]
		if len(text) > from {
			runs = binary.AppendUvarint(runs, uint64(len(text)-from))
			runs = binary.AppendUvarint(runs, uint64(h.localStyle(style, t)))
			h.tail.runs++
		}
	}
	b := &h.tail
	b.data = binary.AppendUvarint(b.data, uint64(len(runs)))
	b.data = append(append(append(b.data, marks...), runs...), text...)
	h.text, h.runs = text, runs
	return special
}

// localStyle returns the number in the tail block of the terminal's style id.
func (h *history) localStyle(id uint32, t *cellTables) uint32 {
	b := &h.tail
	if len(b.styles) == 0 {
		b.styles = append(b.styles, Style{})
	}
	if id == 0 {
		return 0
	}
	for len(h.local) <= int(id) {
		h.local = append(h.local, localStyle{})
	}
	if l := &h.local[id]; l.gen == h.gen {
		return l.id
	}
	s := t.styles.styles[id]
	n := uint32(len(b.styles))
	b.styles = append(b.styles, s)
	if s.Link != nil {
		b.links += s.Link.size()
	}
	h.local[id] = localStyle{h.gen, n}
	return n
}

// forgetStyles is called when the terminal renumbers its styles.
func (h *history) forgetStyles() {
	h.gen++
	h.local = h.local[:0]
}

// seal ends the tail block and starts another.
func (h *history) seal() {
	b := h.tail
	h.full = append(h.full, &b)
	h.bytes += b.size()
	h.tail = h.newBlock(len(b.ends) + 8)
	h.gen++
}

// newBlock returns a block for about so many lines: in the memory of the one
// dropped last, if that is free, since a program that floods the terminal fills
// thousands.
func (h *history) newBlock(lines int) block {
	s := h.spare
	h.spare = nil
	if s == nil || cap(s.data) != blockSize {
		return block{data: make([]byte, 0, blockSize), ends: make([]uint32, 0, lines)}
	}
	clear(s.styles) // the links in them
	return block{data: s.data[:0], ends: s.ends[:0], styles: s.styles[:0]}
}

// evict drops the oldest lines until the history is within its bounds.
func (h *history) evict() {
	if h.maxLines <= 0 {
		h.clear()
		return
	}
	for h.lines > h.maxLines {
		h.lines--
		h.first++
		if len(h.full) > 0 && h.first == len(h.full[0].ends) {
			h.dropBlock()
		}
	}
	h.trim(h.maxBytes)
}

func (h *history) dropBlock() {
	b := h.full[0]
	h.lost += int64(b.begun(len(b.ends)))
	h.bytes -= b.size()
	h.full[0] = nil
	h.full = h.full[1:]
	h.first = 0
	if !b.shared {
		h.spare = b
	}
}

// clear forgets all lines.
func (h *history) clear() {
	for len(h.full) > 0 {
		h.dropBlock()
	}
	h.lost += int64(h.tail.begun(len(h.tail.ends)))
	h.full, h.tail, h.spare = nil, block{}, nil
	h.first, h.lines, h.bytes = 0, 0, 0
	h.gen++
}

// truncate drops the newest n lines. Snapshots may share the blocks, so what is
// cut off is not written again.
func (h *history) truncate(n int) {
	h.lines -= n
	for n > 0 {
		if k := len(h.tail.ends); n >= k && len(h.full) > 0 {
			n -= k
			last := len(h.full) - 1
			h.tail = *h.full[last]
			h.bytes -= h.tail.size()
			h.full = h.full[:last]
			continue
		}
		b := &h.tail
		k := len(b.ends) - n
		b.ends = b.ends[:k:k]
		end := 0
		if k > 0 {
			end = int(b.ends[k-1])
		}
		b.data = b.data[:end:end]
		b.styles = b.styles[:len(b.styles):len(b.styles)]
		n = 0
	}
	h.gen++
}
