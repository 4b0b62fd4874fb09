package exec

import (
	"context"
	"errors"

	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Sizer says what size sessions have among several clients. Manager and PluginClient are
// Sizers.
type Sizer interface {
	// SetSizePolicy has a session follow a policy from now on, and returns the session as
	// it is then. It returns ErrSessionNotFound, ErrSessionClosed for one that has ended,
	// and ErrTerminalError for one without a terminal and for what is no policy.
	SetSizePolicy(ctx *types.PluginContext, sessionID string, policy SizePolicy) (*Session, error)
}

var (
	_ Sizer = (*Manager)(nil)
	_ Sizer = (*PluginClient)(nil)
)

// SetSizePolicy implements Sizer.
func (m *Manager) SetSizePolicy(_ *types.PluginContext, sessionID string, policy SizePolicy) (*Session, error) {
	s, err := m.session(sessionID)
	switch {
	case err != nil:
		return nil, err
	case !policy.known():
		return nil, NewTerminalError(s.id, errBadPolicy(policy))
	case s.ended():
		return nil, NewSessionClosedError(s.id)
	case s.tty == nil:
		return nil, NewTerminalError(s.id, errors.New("session has no terminal to resize"))
	}
	s.mu.Lock()
	s.info.SizePolicy = policy
	s.mu.Unlock()
	s.save()
	s.followLeader()
	return s.snapshot(), nil
}

// SetSizePolicy implements xsh's Sizer service.
func (s *PluginServer) SetSizePolicy(ctx context.Context, in *xshpb.SetSizePolicyRequest) (*xshpb.ChangeResponse, error) {
	own, err := as[Sizer](s)
	if err != nil {
		return nil, err
	}
	session, err := own.SetSizePolicy(incoming(ctx), in.GetId(), SizePolicy(in.GetPolicy()))
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.ChangeResponse{Session: session.ToProto()}, nil
}

// SetSizePolicy implements Sizer.
func (c *PluginClient) SetSizePolicy(ctx *types.PluginContext, sessionID string, policy SizePolicy) (*Session, error) {
	resp, err := c.sizer.SetSizePolicy(outgoing(ctx), &xshpb.SetSizePolicyRequest{Id: sessionID, Policy: text(string(policy))})
	return changed(resp, err, sessionID)
}
