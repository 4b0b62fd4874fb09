package exec

import (
	"context"
	"errors"

	"github.com/xsh-project/xsh/pkg/types"
)

// Open attaches a client to a session: the session as it was left, also one that
// has ended until it is removed. Output goes to out, which may get some before
// Open returns; it carries what comes after the Attachment's Replay.
//
// It returns ErrSessionNotFound, and ErrTerminalError for a size that no terminal
// can have, or where there are as many clients or open files as there may be.
func (m *Manager) Open(ctx context.Context, sessionID string, o AttachOptions, out Outlet) (*Attachment, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	return s.attach(ctx, o, out, attachWay{})
}

// OpenNew creates a session and attaches its first client, so that nothing of
// what the program prints or asks at its start is missed: the program's output
// is not read before the client is attached. With orExisting an active session of
// that name is attached to instead, if there is one. Beside the errors of
// CreateSession it returns those of Open.
func (m *Manager) OpenNew(pluginctx *types.PluginContext, opts SessionOptions, orExisting bool, o AttachOptions, out Outlet) (*Attachment, error) {
	if err := o.check(opts.ID); err != nil { // before there is a session that nobody knows of
		return nil, err
	}
	hold := make(chan struct{})
	defer close(hold)
	s, err := m.create(pluginctx, opts, hold, "", predecessor{})
	if err != nil {
		if !orExisting || opts.Name == "" || !errors.Is(err, ErrSessionExists) {
			return nil, err
		}
		return m.Open(pluginctx.Ctx(), opts.Name, o, out)
	}
	return s.attach(pluginctx.Ctx(), o, out, attachWay{})
}
