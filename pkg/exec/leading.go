package exec

import (
	"errors"
	"fmt"

	"github.com/xsh-project/xsh/pkg/types"
)

// EnvironmentReader tells what surrounds those who use sessions now. Manager and
// PluginClient are EnvironmentReaders.
type EnvironmentReader interface {
	// Environment returns what the client that leads a session told of its
	// environment when it attached: NAME=value each, or NAME alone for a variable
	// that is not set. It returns ErrSessionNotFound, ErrSessionClosed, and
	// ErrTerminalError where nobody leads or the leader told nothing.
	Environment(ctx *types.PluginContext, sessionID string) ([]string, error)
}

var _ EnvironmentReader = (*Manager)(nil)

// Environment implements EnvironmentReader.
func (m *Manager) Environment(_ *types.PluginContext, sessionID string) ([]string, error) {
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	leader, name := s.clients.leader, s.info.Name
	s.mu.Unlock()
	switch {
	case leader == nil:
		return nil, NewTerminalError("", fmt.Errorf("nobody is attached to session %q", name))
	case leader.opts.Environment == nil:
		return nil, NewTerminalError("", errors.New("the client that leads the session did not tell its environment"))
	}
	return append([]string{}, leader.opts.Environment...), nil
}
