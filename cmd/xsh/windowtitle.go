package main

import (
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// windowTitle is what the terminal's window is called while a session is attached
// whose program has set no title: the session's name and what it runs, which of a
// login shell is where it is.
func (a *app) windowTitle(s *exec.Session) string {
	what := command(s)
	if len(s.Command) == 0 {
		what = harmless(s.Dir)
		if rest, below := strings.CutPrefix(s.Dir, a.getenv("HOME")); below && (rest == "" || rest[0] == '/') {
			what = harmless("~" + rest)
		}
	}
	if what == "" {
		return harmless(s.Name)
	}
	return harmless(s.Name) + ": " + what
}
