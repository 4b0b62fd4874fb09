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

// SessionProvider is a Provider that can do all that xsh does with sessions.
// Manager and PluginClient are ones; a host may have another Provider.
type SessionProvider interface {
	Provider
	Attach(ctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error)
	Detach(ctx *types.PluginContext, sessionID string) (*Detached, error)
	ListAll(ctx *types.PluginContext) ([]*Session, error)
	Kill(ctx *types.PluginContext, sessionID string, signal StreamSignal) (*Session, error)
	Remove(ctx *types.PluginContext, sessionID string) error
	DetachAll(ctx *types.PluginContext, sessionID string) (int, error)
}
