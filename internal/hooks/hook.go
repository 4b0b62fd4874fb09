package hooks

import (
	"time"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

// Hook is a command that runs when something happens.
type Hook struct {
	// On are the kinds of events that it runs on.
	On []exec.EventKind
	// Run is the command with its arguments; its program is looked for in PATH.
	Run []string
	// What else must be so. With Detached, somebody is attached (false) or nobody
	// (true). With Failed, the program or command succeeded (false) or not (true).
	// TookOver is how long a command, or an ended session, must have taken.
	Detached *bool
	Failed   *bool
	TookOver time.Duration
	Label    selector.Selector
	// LabelText is what Label was read from, for those who show the hook.
	LabelText string
	// Timeout is how long it may run; zero means DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is how long a hook may run that does not say it.
const DefaultTimeout = 30 * time.Second

// Kinds are the events that a hook can run on.
var Kinds = []exec.EventKind{
	exec.EventCreated, exec.EventAttached, exec.EventDetached, exec.EventResized, exec.EventEnded,
	exec.EventRemoved, exec.EventRenamed, exec.EventState, exec.EventLabelled, exec.EventIdle, exec.EventExpiring,
	exec.EventTitle, exec.EventCwd, exec.EventBell, exec.EventNotification, exec.EventProgress,
	exec.EventPrompt, exec.EventCommandStarted, exec.EventCommandFinished, exec.EventAdopted,
}

// matches reports whether the hook is due on an event of its kinds. s is the
// session as it is now, nil if it is not known any more.
func (h Hook) matches(ev exec.Event, s *exec.Session) bool {
	if s == nil {
		s = &exec.Session{} // detached, and without labels
	}
	switch failed, known := failure(ev); {
	case h.Detached != nil && *h.Detached == (s.Clients > 0):
		return false
	case h.Failed != nil && (!known || *h.Failed != failed):
		return false
	case h.TookOver > 0 && took(ev, s) <= h.TookOver:
		return false
	}
	return h.Label.Matches(s.Labels)
}

// failure tells whether what has ended failed, if it says so.
func failure(ev exec.Event) (failed, known bool) {
	switch {
	case ev.Exit != nil:
		return ev.Exit.Code != 0 || ev.Exit.Signal != "", true
	case ev.Kind == exec.EventCommandFinished && ev.Status != nil:
		return *ev.Status != 0, true
	}
	return false, false
}

func took(ev exec.Event, s *exec.Session) time.Duration {
	if ev.Kind == exec.EventEnded && !s.EndedAt.IsZero() {
		return s.EndedAt.Sub(s.CreatedAt)
	} else if ev.Kind == exec.EventEnded && !s.CreatedAt.IsZero() { // forgotten meanwhile
		return ev.Time.Sub(s.CreatedAt)
	}
	return ev.Took
}
