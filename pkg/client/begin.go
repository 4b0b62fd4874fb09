package client

import (
	"strings"
	"unicode"

	"github.com/xsh-project/xsh/internal/termreset"
)

// begin is what the terminal is sent before anything of the session.
func (s *seat) begin() []byte {
	if !s.modern() {
		return nil
	}
	return []byte(termreset.Begin + s.title())
}

// again is what the terminal is sent before it is shown the session anew: a connection
// broke, and the output does not go on where it did. What the program had set is then
// undone, since the replay sets and pushes it once more.
func (s *seat) again() []byte {
	if !s.modern() {
		return []byte(termreset.Everything())
	}
	return []byte(termreset.Everything() + termreset.TitlesOfBegin() + s.title())
}

// title gives the terminal's window the title of one whose program has set none. Begin
// keeps the user's below it. A program's own comes behind it, with the replay or the
// output.
func (s *seat) title() string {
	if s.cfg.Title == nil || s.session == nil || s.session.Title != "" {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s.cfg.Title(s.session), "\ufffd"))
	if text == "" {
		return ""
	}
	return "\x1b]2;" + text + "\x1b\\"
}
