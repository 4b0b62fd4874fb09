package exec

import (
	"context"

	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

var _ Reporter = (*PluginClient)(nil)

// Report implements xsh's Reports service.
func (s *PluginServer) Report(ctx context.Context, in *xshpb.ReportRequest) (*xshpb.ReportResponse, error) {
	own, err := as[Reporter](s)
	if err != nil {
		return nil, err
	}
	session, err := own.Report(incoming(ctx), in.GetId(), stateFromProto(in.GetState()))
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.ReportResponse{Session: session.ToProto()}, nil
}

// Report implements Reporter.
func (c *PluginClient) Report(ctx *types.PluginContext, sessionID string, state State) (*Session, error) {
	resp, err := c.reports.Report(outgoing(ctx), &xshpb.ReportRequest{Id: sessionID, State: stateToProto(state)})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}
