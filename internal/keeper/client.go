package keeper

import (
	"os"
)

// Session is what the keeper holds of one.
type Session struct {
	ID     string
	Record []byte // of at most MaxRecord bytes, which the keeper does not read
	// Files are the pty, the memory, in an order that is the server's. Whoever
	// got them from Held owns them; Hold passes on copies.
	Files []*os.File
	// PID is that of the program, 0 if it is no child of the server, and Pidfd
	// its pidfd, nil if there is none. Without one, an exit status may be that
	// of another process with the same PID.
	PID   int
	Pidfd *os.File
	// End is how the program ended; nil while it runs.
	End *Status
	// Faults and Kills count the servers that died while adopting this session,
	// since it was last adopted: by themselves, and by a SIGKILL, which says
	// less about the session.
	Faults, Kills int
}

// Event tells of a program that ended, was stopped or went on, and was not a
// child of this server.
type Event struct {
	ID     string
	Status Status
}

// Takeover is what a server that becomes a keeper, or a keeper that becomes
// another, hands to it.
type Takeover struct {
	Argv      []string // the command, beginning with a path
	Env       []string // nil means this process's own
	Listeners []*os.File
	Sessions  []Session
}
