package exec

import "bytes"

// Replay says what an attaching client is sent before live output.
type Replay int

// The kinds of replay.
const (
	// ReplayScreen shows history and screen.
	ReplayScreen Replay = iota
	// ReplayNone shows nothing: live output only.
	ReplayNone
	// ReplayRaw is the output buffer, as the program wrote it.
	ReplayRaw

	// replayBuffer is the plain contract's: all that the buffer holds.
	replayBuffer Replay = -1
)

// replay is the one place where a new attachment's first bytes come from. The
// bytes bring a fresh terminal to what the session shows at offset, from which
// live output goes on.
func (s *session) replay(kind Replay) (data []byte, offset int64) {
	data, offset = s.log.all()
	if kind == ReplayNone {
		return nil, offset
	}
	if kind == replayBuffer || int64(len(data)) == offset {
		return data, offset // as it is, or with nothing evicted
	}
	return data[safeBoundary(data):], offset
}

// safeBoundary returns where in output that was cut at its front a terminal
// can begin: behind a line's end, or at an escape that starts a sequence. It
// is 0 if there is no such place.
func safeBoundary(data []byte) int {
	for i, c := range data {
		switch {
		case c == '\n':
			return i + 1
		case c == '\x1b' && !bytes.HasPrefix(data[i:], []byte("\x1b\\")):
			return i
		}
	}
	return 0
}
