package hooks

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/xsh-project/xsh/pkg/exec"
)

// Text says in a line what happened, as a notice shows it.
func Text(ev exec.Event) string {
	var text string
	switch ev.Kind {
	case exec.EventEnded:
		text = ev.Name + " ended"
		if ev.Exit != nil {
			text += ": " + ev.Exit.String()
		}
	case exec.EventCommandFinished:
		text = cmp.Or(ev.Line, "a command") + " is done"
		if failed, _ := failure(ev); failed {
			text = fmt.Sprintf("%s failed with status %d", cmp.Or(ev.Line, "a command"), *ev.Status)
		}
		text = fmt.Sprintf("%s: %s after %s", ev.Name, text, ev.Took.Round(time.Second))
	case exec.EventCommandStarted:
		text = ev.Name + ": " + cmp.Or(ev.Line, "a command") + " has started"
	case exec.EventNotification:
		text = strings.Join(strings.Fields(ev.Name+": "+ev.Title+" "+ev.Body), " ")
	case exec.EventTitle:
		text = ev.Name + ": " + ev.Title
	case exec.EventCwd:
		text = ev.Name + " is in " + ev.Dir
	case exec.EventRenamed:
		text = ev.Before + " is called " + ev.Name
	case exec.EventState:
		text = ev.Name + " is " + ev.State
	case exec.EventBell:
		text = ev.Name + " rings the bell"
	case exec.EventExpiring:
		text = ev.Name + " ends soon: nobody uses it"
	case exec.EventIdle:
		text = ev.Name + " is quiet"
	default:
		text = ev.Name + ": " + string(ev.Kind)
	}
	return plain(text)
}

// plain is text without what controls a terminal or ends a variable.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
