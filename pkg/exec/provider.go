package exec

import (
	"context"

	"github.com/xsh-project/xsh/pkg/types"
)

// Provider is the interface satisfied by the plugin server and client to
// provide the exec functionality.
type Provider interface {
	// GetSupportedResources returns the supported resource types
	GetSupportedResources(ctx *types.PluginContext) []Handler
	// GetSession returns a session by ID
	GetSession(ctx *types.PluginContext, sessionID string) (*Session, error)
	// ListSessions returns all of the sessions
	ListSessions(ctx *types.PluginContext) ([]*Session, error)
	// CreateSession creates a new session
	CreateSession(ctx *types.PluginContext, opts SessionOptions) (*Session, error)
	// AttachSession attaches a session
	AttachSession(ctx *types.PluginContext, sessionID string) (*Session, []byte, error)
	// DetachSession detaches a session
	DetachSession(ctx *types.PluginContext, sessionID string) (*Session, error)
	// CloseSession closes a session
	CloseSession(ctx *types.PluginContext, sessionID string) error
	// ResizeSession resizes a session
	ResizeSession(ctx *types.PluginContext, sessionID string, rows, cols int32) error
	// Stream starts a new stream to multiplex sessions
	Stream(context.Context, chan StreamInput) (chan StreamOutput, error)
	// Close shuts down the provider, releasing all resources.
	Close()
}

// What xsh added to Provider are small interfaces, each of what belongs together; a
// host's Provider may be some of them. PluginServer asks of each call's own whether
// its Provider is one, and refuses the call with codes.Unimplemented if not.

// Attacher attaches clients in the way of the plain contract, by a requester and
// its stream, with options. Who has no stream takes Manager.Open.
type Attacher interface {
	// Attach is AttachSession with options. It returns ErrTerminalError for a size
	// that no terminal can have.
	Attach(ctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error)
	// Detach is DetachSession that also tells how to leave the client's terminal.
	Detach(ctx *types.PluginContext, sessionID string) (*Detached, error)
	// DetachAll ends every attachment of a session and returns how many there were.
	// Their clients are told.
	DetachAll(ctx *types.PluginContext, sessionID string) (int, error)
}

// Lister lists sessions.
type Lister interface {
	// ListAll returns every session, also the ended ones that are kept, in the
	// order in which they were created.
	ListAll(ctx *types.PluginContext) ([]*Session, error)
}

// Killer ends programs.
type Killer interface {
	// Kill sends signal to the session's program. StreamSignalNone closes the
	// session and waits until it has ended or ctx ends. It returns the session as
	// it is then, and ErrSessionClosed for one that had ended before.
	Kill(ctx *types.PluginContext, sessionID string, signal StreamSignal) (*Session, error)
}

// Remover forgets sessions.
type Remover interface {
	// Remove forgets an ended session. For an active one it returns
	// ErrSessionExists.
	Remove(ctx *types.PluginContext, sessionID string) error
}

// SessionProvider is what a Provider was that could do all that xsh does with
// sessions, when xsh was first released. It has these methods and gets no more:
// what came later are interfaces of their own, such as Signaler and Driver. Manager
// and PluginClient are all of them.
type SessionProvider interface {
	Provider
	Attacher
	Lister
	Killer
	Remover
}
