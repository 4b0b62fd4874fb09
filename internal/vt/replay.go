package vt

// ReplayOptions says what a replay contains.
type ReplayOptions struct {
	// History is how many lines of scrollback to send, the newest ones; 0 means
	// all, negative none.
	History int
}

// AppendReplay appends the bytes that bring a terminal of the same size to the
// snapshot's state.
func (s *Snapshot) AppendReplay(dst []byte, o ReplayOptions) []byte {
	return dst
}

func (s *Snapshot) AppendLeave(dst []byte) []byte {
	return dst
}
