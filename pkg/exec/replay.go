package exec

import (
	"bytes"

	"github.com/xsh-project/xsh/internal/vt"
)

// noHistory is a replay's History for the screen alone.
const noHistory = -1

// drawing brings a terminal to what the session shows at offset, from which
// live output goes on. Its functions may take their time, and need no lock.
type drawing struct {
	first  func() []byte
	rest   func() []byte // what comes behind that, or nil
	offset int64
}

// drawing is the one place where a new attachment's first bytes come from.
// Of all history a terminal that has seen some gets what came since.
func (s *session) drawing(kind Replay, o vt.ReplayOptions, screenFirst bool, seen vt.Mark) drawing {
	if kind == ReplayScreen {
		if snap, at := s.screen.Sized(); snap != nil {
			lines := snap.HistoryLines()
			if seen != (vt.Mark{}) {
				if lines = snap.LinesSince(seen); lines == 0 {
					lines = noHistory
				}
				o.History = lines
			}
			if screenFirst && o.History >= 0 && lines >= muchHistory {
				return inTwo(snap, at, o)
			}
			return drawing{first: func() []byte { return snap.AppendReplay(nil, o) }, offset: at}
		}
	}
	data, offset := s.log.All()
	switch {
	case kind == ReplayNone:
		data = nil
	case kind != replayBuffer && int64(len(data)) < offset:
		data = data[safeBoundary(data):] // the front was evicted
	}
	return drawing{first: func() []byte { return data }, offset: offset}
}

// muchHistory is how many lines of history a terminal is seen scrolling.
const muchHistory = 100

// inTwo draws the screen first, as a frame on the terminal's alternate screen,
// which stays for as long as the history takes to come.
func inTwo(snap *vt.Snapshot, offset int64, o vt.ReplayOptions) drawing {
	renderer := func() *vt.Renderer { return vt.NewRenderer(snap.Size(), vt.FrameCaps{Sync: o.Sync}) }
	return drawing{
		offset: offset,
		first:  func() []byte { return renderer().AppendFrame(nil, snap) },
		rest: func() (data []byte) {
			r := renderer()
			r.AppendFrame(nil, snap) // as the first one did
			if o.Sync {
				data = append(data, "\x1b[?2026h"...)
			}
			return snap.AppendReplay(r.AppendLeave(data), o)
		},
	}
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
