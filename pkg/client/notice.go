package client

import (
	"fmt"
	"time"
)

// noticeAfter is how long a broken connection is not worth a word.
const noticeAfter = time.Second

// noticeAt is when the user is to be told that the connection is broken; zero if
// not at all.
func (s *seat) noticeAt() time.Time {
	if s.link.broken.IsZero() || s.noticed || !s.raw || s.leaving {
		return time.Time{}
	}
	return s.link.broken.Add(noticeAfter)
}

// notice writes a line over the terminal's last row. The screen is drawn anew
// once there is a connection, so it may spoil what stands there, but nothing
// else: it ends whatever sequence the output was cut in, and leaves the cursor
// and all modes in place.
func (s *seat) notice() {
	s.noticed = true
	s.link.redraw()
	size, err := s.tty.Size()
	if err != nil || size.Rows == 0 || s.tty.InBackground() {
		return
	}
	text := fmt.Sprintf(" xsh: connection lost, trying again for %v; what you type is kept", s.cfg.Reconnect)
	if size.Cols > 0 && len(text) > size.Cols {
		text = text[:size.Cols]
	}
	s.print(fmt.Appendf(nil, "\x18\x1b\\\x1b[?2026l\x1b7\x1b[?6l\x1b[%d;1H\x1b(B\x0f\x1b[0;7m\x1b[2K%s\x1b[m\x1b8", size.Rows, text))
}
