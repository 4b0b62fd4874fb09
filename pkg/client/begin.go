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
	text := printable(s.cfg.Title(s.session))
	if text == "" {
		return ""
	}
	return string(setTitle(text))
}

// printable is text without what would end a title, or act on the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// setTitle gives the window a title.
func setTitle(text string) []byte { return []byte("\x1b]2;" + text + "\x1b\\") }
