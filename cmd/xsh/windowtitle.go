package main

import (
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// windowTitle is what the terminal's window is called while a session is attached
// whose program has set no title: the session's name and what it runs, which of a
// login shell is where it is.
func (a *app) windowTitle(s *exec.Session) string {
	what := a.whatRuns(s)
	if what == "" {
		return harmless(s.Name)
	}
	return harmless(s.Name) + ": " + what
}

func (a *app) whatRuns(s *exec.Session) string {
	if len(s.Command) > 0 {
		return command(s)
	}
	if rest, below := strings.CutPrefix(s.Dir, a.getenv("HOME")); below && (rest == "" || rest[0] == '/') {
		return harmless("~" + rest)
	}
	return harmless(s.Dir)
}

// maxTitleMessage is how many characters of a state's message the title has: what
// stands behind it is to be seen as well.
const maxTitleMessage = 60

// stateTitle is what the window is called while the session's program tells what it
// is at. How far it is changes too often for a title, and what a shell marks is no
// news there.
func (a *app) stateTitle(s *exec.Session) string {
	if s.State.Name == exec.StateUnknown || s.State.Source == exec.SourceShell {
		return ""
	}
	text := harmless(s.Name + ": " + string(s.State.Name))
	if s.State.Message != "" {
		text += ": " + harmless(cut(s.State.Message, maxTitleMessage))
	}
	what := harmless(s.Title)
	if what == "" {
		what = a.whatRuns(s)
	}
	if what != "" {
		text += " — " + what
	}
	return text
}
