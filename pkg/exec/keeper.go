package exec

import (
	"os"
)

// Keeper holds sessions for a process that may die: of each the terminal, the
// memory with its output and its record, and its program. A Manager without one
// keeps sessions for as long as it lives. Its methods may be called concurrently
// and may wait for the keeper.
type Keeper interface {
	// Hold has the keeper hold a session. The files stay the caller's.
	Hold(k Kept) error
	// Ended says how a session's program ended, before the program is reaped.
	Ended(id string, status ExitStatus) error
	// Drop ends the holding of a session.
	Drop(id string) error
}

// Kept is a session as a Keeper holds it.
type Kept struct {
	ID string
	// Terminal is the pty, and Memory what NewManager's sessions store; both
	// belong to whoever got them from a Keeper.
	Terminal, Memory *os.File
	// PID and Pidfd are the program's; 0 and nil if it is no child of ours.
	PID   int
	Pidfd *os.File
	// Exit is how the program ended, nil while it runs.
	Exit *ExitStatus
	// NoModel has the session adopted without a screen model: a server died of
	// its output.
	NoModel bool
	// Begin is closed when the terminal may be read, of which no other process
	// reads by then; nil means that it may be at once.
	Begin <-chan struct{}
}
