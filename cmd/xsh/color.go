package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

// colors reports whether what is printed to f may have colours: on a terminal that is
// not dumb, unless the user wants none (NO_COLOR, https://no-color.org, or CLICOLOR=0),
// and anywhere if the user wants them (CLICOLOR_FORCE, https://bixense.com/clicolors).
// NO_COLOR goes over CLICOLOR_FORCE. It is the one place that asks these variables.
func (a *app) colors(f *os.File) bool {
	if a.getenv("NO_COLOR") != "" {
		return false
	}
	if force := a.getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	if a.getenv("CLICOLOR") == "0" || a.getenv("TERM") == "dumb" {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// Colours of the terminal's own palette, by what they say.
const (
	colorGood   = "32"   // green
	colorHelp   = "33"   // yellow: it waits for somebody
	colorBad    = "31"   // red
	colorOver   = "2"    // dim
	colorMatch  = "1;31" // of grep, as GNU grep has these two
	colorOrigin = "35"
)

// colored is text in a colour; an empty one is none.
func colored(text, color string) string {
	if color == "" || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[m"
}

// listColor is the colour of a cell in the list of sessions: few cells have one, so
// that those stand out which somebody may want to do something about.
func listColor(head, cell string) string {
	state, _, _ := strings.Cut(cell, ":")
	switch {
	case head == "STATUS" && strings.HasPrefix(cell, "attached"):
		return colorGood
	case head == "STATUS" && cell == "stopped", head == "STATE" && state == string(exec.StateBlocked):
		return colorHelp
	case head == "STATE" && state == string(exec.StateFailed):
		return colorBad
	case head == "STATUS" && cell == "ended, "+exec.ExitStatus{}.String():
		return colorOver
	case head == "STATUS" && strings.HasPrefix(cell, "ended"):
		return colorBad
	}
	return ""
}
