package vt

// Mark tells how far what is above a screen went when it was taken: a replay for a
// terminal that still shows that screen need only send what came above since.
// The zero Mark is none.
type Mark struct {
	size  Size
	lines int64 // as programs wrote them, which no size changes, that began above
	rows  int   // of the last of them
}

// Mark returns the snapshot's.
func (s *Snapshot) Mark() Mark {
	m := Mark{size: s.Size()}
	s.hist.walk(func(lines int64, rows int) bool {
		m.lines, m.rows = lines, rows
		return true
	})
	return m
}

// LinesSince returns how many rows of the history came after a mark.
func (s *Snapshot) LinesSince(m Mark) int { return s.hist.since(m) }

// since returns how many rows of the history came after m.
func (h *historyView) since(m Mark) int {
	before := 0
	h.walk(func(lines int64, rows int) bool {
		if lines > m.lines || lines == m.lines && rows > m.rows {
			return false
		}
		before++
		return true
	})
	return h.lines - max(0, before-h.first)
}

// walk calls f for each row of the blocks, also for those that were dropped from
// the oldest, until f returns false: with the number of the line that the row is
// of, and the row's own in that.
func (h *historyView) walk(f func(lines int64, rows int) bool) {
	lines, rows := h.lost, 0
	block := func(b *block) bool {
		for i := range b.ends {
			if rows++; b.begins(i) {
				lines, rows = lines+1, 1
			}
			if !f(lines, rows) {
				return false
			}
		}
		return true
	}
	for _, b := range h.full {
		if !block(b) {
			return
		}
	}
	block(&h.tail)
}

// begins tells whether a line begins with row i of the block.
func (b *block) begins(i int) bool {
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return rowFlags(b.data[from])&rowContinues == 0
}

// begun returns how many lines begin in the first n rows of the block.
func (b *block) begun(n int) int {
	lines := 0
	for i := range n {
		if b.begins(i) {
			lines++
		}
	}
	return lines
}

// dropped returns how many lines began in rows that were dropped.
func (h *history) dropped() int64 {
	b := &h.tail
	if len(h.full) > 0 {
		b = h.full[0]
	}
	return h.lost + int64(b.begun(h.first))
}
