package client

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/pkg/exec"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Switch has the client that leads the session in whose terminal's foreground this
// process is attach to the session to, an ID or a name, which Switch returns. The
// error is a *RefusedError where this process is in no such foreground, and the
// Manager's where the client cannot be moved.
func (c *Client) Switch(ctx context.Context, to string) (*exec.Session, error) {
	resp, err := c.seats.Switch(ctx, &xshpb.SwitchRequest{To: to})
	switch status.Code(err) {
	case codes.OK:
		return exec.NewSessionFromProto(resp.GetSession()), nil
	case codes.PermissionDenied:
		return nil, &RefusedError{status.Convert(err).Message()}
	case codes.Unimplemented:
		return nil, ErrOldServer
	default:
		return nil, exec.ErrorFromStatus(err, to)
	}
}
