package vt

// HistoryBytes returns what the scrollback weighs, as Config.ScrollbackBytes
// counts it.
func (t *Terminal) HistoryBytes() int { return t.hist.bytes + t.hist.tail.size() }

// TrimHistory drops the oldest lines of the scrollback until it weighs no more than
// that, or little: the newest lines stay.
func (t *Terminal) TrimHistory(bytes int) { t.hist.trim(bytes) }

// trim drops full blocks until the history weighs no more than bytes.
func (h *history) trim(bytes int) {
	for len(h.full) > 0 && h.bytes+h.tail.size() > bytes {
		h.lines -= len(h.full[0].ends) - h.first
		h.dropBlock()
	}
}
