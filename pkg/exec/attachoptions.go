package exec

// AttachOptions says how a client attaches. The zero value is a client that
// tails the log, takes any size, and is shown the screen first.
type AttachOptions struct {
	// Size is the client's; zero leaves the session's as it is.
	Size Size
	// Pixels is the client's size in pixels; zero if it is not known.
	Pixels Pixels
	// NoResize keeps Size from becoming the session's: if it differs, the
	// client is drawn frames.
	NoResize bool
	// ReadOnly attaches to watch: input and sizes of this client are ignored.
	ReadOnly bool
	// Headless says that there is no terminal behind the client: the session
	// answers what the program asks its terminal, and the client leads only if
	// it gives a Size.
	Headless bool
	// Replay says what is shown before the output.
	Replay Replay
	// History is how many lines of history a replay has: 0 means all that are
	// kept, negative none.
	History int
	// Terminal says which terminal the client sits at: the same text for the
	// same terminal and nothing else. One that comes back gets, of all history,
	// what it has not seen. Empty: it is not known.
	Terminal string
	// Resume asks for the output from ResumeOffset on in place of a replay,
	// if it is still held and made for Size.
	Resume       bool
	ResumeOffset int64
	// DetachOthers ends the attachments of all other clients.
	DetachOthers bool
	// TTY, PID and Remote say who the client is, for people who look at the session:
	// the terminal that it sits at, its process, and the host that it comes from, if
	// that is another. Each may be empty.
	TTY    string
	PID    int
	Remote string
	// Environment are those variables of the client's environment that a session
	// is to follow when the client leads: NAME=value each, or NAME alone for one
	// that is not set. What is too much or no variable is left out.
	Environment []string

	// What follows is for transports, which carry an attachment to a client that is
	// elsewhere; a Go program that shows the output itself has no use for it.

	// HoldsKeyboard: a person types at the client, behind whom input of others waits:
	// Type types nothing until the person has paused.
	HoldsKeyboard bool
	// Client is what the client calls itself in all of its connections: a new
	// attachment takes the place of the one that it had, and its input goes on
	// where that got. Empty is a client that nobody has seen before.
	Client string
	// InputOffset is the offset of what the client would type first.
	InputOffset int64
	// SyncOutput says that the client's terminal knows mode 2026.
	SyncOutput bool
	// ScreenFirst has a replay with much history come in two, the screen alone at
	// once and all of it as output.
	ScreenFirst bool
	// CanMove says that the client attaches to another session when
	// StreamOutput.MoveTo says so.
	CanMove bool
}

// check says what is wrong with the options for a session.
func (o AttachOptions) check(id string) error {
	if o.Size != (Size{}) && !o.Size.Valid() {
		return NewTerminalError(id, errBadSize(o.Size))
	}
	return nil
}

// Replay says what an attaching client is sent before live output.
type Replay int

// The kinds of replay.
const (
	// ReplayScreen draws history and screen from the session's screen model.
	ReplayScreen Replay = iota
	// ReplayNone shows nothing: live output only.
	ReplayNone
	// ReplayRaw is the output buffer, as the program wrote it.
	ReplayRaw

	// replayBuffer is the plain contract's: all that the buffer holds.
	replayBuffer Replay = -1
)

// Attached is what a new attachment begins with.
type Attached struct {
	Session *Session
	// Replay is shown before the stream's output.
	Replay []byte
	// Offset is that of the first byte that the stream carries.
	Offset int64
}

// Detached is what an attachment ends with.
type Detached struct {
	Session *Session
	// Leave puts the client's terminal back as a shell expects it, to be
	// written behind the output. It is nil if the session cannot tell.
	Leave []byte
	// AnswersDue says that the terminal was asked what it has not answered.
	// The program has its answers; whoever reads the terminal next is not to
	// get them.
	AnswersDue bool
}
