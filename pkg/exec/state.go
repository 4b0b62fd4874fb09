package exec

import "time"

// State is what a session's program is at: whether it works, or waits for somebody.
// It is never guessed from what a screen shows, unless rules of the user's say how. Of
// the sources that tell it the first counts: a report, then the program's terminal, then
// the marks of its shell, then rules.
type State struct {
	// Name is what the program is at; StateUnknown if no source tells.
	Name StateName `json:"name"`
	// Since is when that began.
	Since time.Time `json:"since,omitzero"`
	// Message says more: what is waited for, what is done.
	Message string `json:"message,omitempty"`
	// Progress is in percent; nil if it was not told.
	Progress *int `json:"progress,omitempty"`
	// Source is who tells.
	Source StateSource `json:"source,omitempty"`
}

// StateName is what a program is at.
type StateName string

// What a program may be at.
const (
	StateUnknown StateName = ""
	// StateWorking: it does what it was asked for.
	StateWorking StateName = "working"
	// StateBlocked: it can not go on without somebody, as before a question.
	StateBlocked StateName = "blocked"
	// StateIdle: it waits to be asked for something.
	StateIdle StateName = "idle"
	// StateDone and StateFailed: what it was asked for is over, well or not.
	StateDone   StateName = "done"
	StateFailed StateName = "failed"
)

// StateNames are the names that can be reported, and waited for.
var StateNames = []StateName{StateWorking, StateBlocked, StateIdle, StateDone, StateFailed}

// StateSource is who tells a state.
type StateSource string

// The sources of a state, in the order in which they are trusted.
const (
	// SourceReport: somebody called Report. It counts until the next report.
	SourceReport StateSource = "report"
	// SourceTerminal: the program showed its progress (OSC 9;4) or a notification
	// (OSC 9, 99, 777), which asks for somebody. It counts until the program takes it
	// back, somebody types behind a notification, or a shell marks its prompt.
	SourceTerminal StateSource = "terminal"
	// SourceShell: a shell that marks its prompts runs a command, or waits at one.
	SourceShell StateSource = "shell"
	// SourceRule: a Rule matches what the session shows. It counts until none does.
	SourceRule StateSource = "rule"
)

// same reports whether b tells nothing that a does not, nor events of progress.
func (a State) same(b State) bool {
	return a.Name == b.Name && a.Message == b.Message && a.Source == b.Source &&
		(a.Source == SourceTerminal || percent(a.Progress) == percent(b.Progress))
}

// percent is the progress, or -1 if it was not told.
func percent(progress *int) int {
	if progress == nil {
		return -1
	}
	return *progress
}

// succeed is b with the time of a if it is the same that goes on.
func (b State) succeed(a State) State {
	if a.Name == b.Name && a.Message == b.Message && !a.Since.IsZero() {
		b.Since = a.Since
	}
	return b
}

// WaitStates returns what WaitState waits for: the states of a session, then the
// names of a program's.
func WaitStates() []string {
	all := []string{"attached", "detached", "stopped", "ended"}
	for _, n := range StateNames {
		all = append(all, string(n))
	}
	return all
}
