package exec

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// maxReply bounds a reply: a replay with much history, or a list of many
// sessions, is larger than gRPC's own default.
const maxReply = 64 << 20

// largeReplies is a connection whose calls take replies of up to maxReply.
type largeReplies struct{ grpc.ClientConnInterface }

// Invoke implements grpc.ClientConnInterface.
func (c largeReplies) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return c.ClientConnInterface.Invoke(ctx, method, args, reply, append(opts, grpc.MaxCallRecvMsgSize(maxReply))...)
}

// NewStream implements grpc.ClientConnInterface.
func (c largeReplies) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.ClientConnInterface.NewStream(ctx, desc, method, append(opts, grpc.MaxCallRecvMsgSize(maxReply))...)
}

// PluginClient is a Provider whose sessions are another process's. Its errors
// are those that the Manager there returned. All methods may be called
// concurrently.
type PluginClient struct {
	exec     execpb.ExecPluginClient
	sessions xshpb.SessionsClient
	driver   xshpb.DriverClient
	leader   xshpb.LeaderClient
	restorer xshpb.RestorerClient
	reports  xshpb.ReportsClient
	sizer    xshpb.SizerClient
}

var _ SessionProvider = (*PluginClient)(nil)

// NewPluginClient returns a client of the provider that is served on conn. The
// caller closes conn.
func NewPluginClient(conn grpc.ClientConnInterface) *PluginClient {
	conn = largeReplies{conn}
	return &PluginClient{
		exec:     execpb.NewExecPluginClient(conn),
		sessions: xshpb.NewSessionsClient(conn),
		driver:   xshpb.NewDriverClient(conn),
		leader:   xshpb.NewLeaderClient(conn),
		restorer: xshpb.NewRestorerClient(conn),
		reports:  xshpb.NewReportsClient(conn),
		sizer:    xshpb.NewSizerClient(conn),
	}
}

// GetSupportedResources returns the handlers, without their functions. It
// returns nil if the server cannot be asked.
func (c *PluginClient) GetSupportedResources(ctx *types.PluginContext) []Handler {
	resp, err := c.exec.GetSupportedResources(outgoing(ctx), &emptypb.Empty{})
	if err != nil {
		return nil
	}
	var all []Handler
	for _, h := range resp.GetHandlers() {
		all = append(all, HandlerFromProto(h))
	}
	return all
}

// GetSession implements Provider.
func (c *PluginClient) GetSession(ctx *types.PluginContext, sessionID string) (*Session, error) {
	resp, err := c.exec.GetSession(outgoing(ctx), &execpb.GetSessionRequest{Id: sessionID})
	if err == nil {
		err = toldError(resp.GetSession() != nil, resp.GetError())
	}
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}

// ListSessions implements Provider.
func (c *PluginClient) ListSessions(ctx *types.PluginContext) ([]*Session, error) {
	resp, err := c.exec.ListSessions(outgoing(ctx), &emptypb.Empty{})
	if err == nil {
		err = toldError(resp.GetError() == "", resp.GetError())
	}
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, "")
	}
	return sessionsFromProto(resp.GetSessions()), nil
}

// CreateSession implements Provider.
func (c *PluginClient) CreateSession(ctx *types.PluginContext, opts SessionOptions) (*Session, error) {
	if err := opts.checkAllTexts(); err != nil { // the wire could not carry them
		return nil, err
	}
	in, err := opts.ToProto()
	if err != nil {
		return nil, NewTerminalError(opts.ID, err)
	}
	resp, err := c.exec.CreateSession(outgoingCreate(ctx), in)
	if err == nil {
		err = toldError(resp.GetSession() != nil, resp.GetError())
	}
	if err != nil {
		return nil, fromStatus(err, ErrCodeHandlerNotFound, opts.ID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}

// AttachSession implements Provider.
func (c *PluginClient) AttachSession(ctx *types.PluginContext, sessionID string) (*Session, []byte, error) {
	resp, err := c.attach(ctx, &execpb.AttachSessionRequest{Id: sessionID})
	if err != nil {
		return nil, nil, err
	}
	return NewSessionFromProto(resp.GetSession()), resp.GetBuffer(), nil
}

// Attach implements Attacher. A server that does not know of it attaches
// by the plain contract.
func (c *PluginClient) Attach(ctx *types.PluginContext, sessionID string, o AttachOptions) (*Attached, error) {
	resp, err := c.attach(ctx, &execpb.AttachSessionRequest{Id: sessionID, Options: o.ToProto()})
	if err != nil {
		return nil, err
	}
	return &Attached{
		Session: NewSessionFromProto(resp.GetSession()),
		Replay:  resp.GetBuffer(),
		Offset:  resp.GetReply().GetOffset(),
	}, nil
}

func (c *PluginClient) attach(ctx *types.PluginContext, in *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error) {
	resp, err := c.exec.AttachSession(outgoing(ctx), in)
	return resp, fromStatus(err, ErrCodeSessionNotFound, in.GetId())
}

// DetachSession implements Provider.
func (c *PluginClient) DetachSession(ctx *types.PluginContext, sessionID string) (*Session, error) {
	d, err := c.Detach(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	return d.Session, nil
}

// Detach implements Attacher. A server that does not know of it tells
// the session alone.
func (c *PluginClient) Detach(ctx *types.PluginContext, sessionID string) (*Detached, error) {
	resp, err := c.exec.DetachSession(outgoing(ctx), &execpb.AttachSessionRequest{Id: sessionID})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return &Detached{
		Session:    NewSessionFromProto(resp.GetSession()),
		Leave:      resp.GetBuffer(),
		AnswersDue: resp.GetAnswersDue(),
	}, nil
}

// CloseSession implements Provider.
func (c *PluginClient) CloseSession(ctx *types.PluginContext, sessionID string) error {
	resp, err := c.exec.CloseSession(outgoing(ctx), &execpb.CloseSessionRequest{Id: sessionID})
	if err == nil {
		err = toldError(resp.GetSuccess(), resp.GetError())
	}
	return fromStatus(err, ErrCodeSessionNotFound, sessionID)
}

// ResizeSession implements Provider.
func (c *PluginClient) ResizeSession(ctx *types.PluginContext, sessionID string, rows, cols int32) error {
	resp, err := c.exec.ResizeSession(outgoing(ctx), &execpb.ResizeSessionRequest{Id: sessionID, Rows: rows, Cols: cols})
	if err == nil {
		err = toldError(resp.GetSuccess(), resp.GetError())
	}
	return fromStatus(err, ErrCodeSessionNotFound, sessionID)
}

// ListAll implements Lister. From a server that keeps no ended
// sessions it returns the active ones.
func (c *PluginClient) ListAll(ctx *types.PluginContext) ([]*Session, error) {
	resp, err := c.sessions.ListAll(outgoing(ctx), &emptypb.Empty{})
	if status.Code(err) == codes.Unimplemented {
		return c.ListSessions(ctx)
	}
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, "")
	}
	return sessionsFromProto(resp.GetSessions()), nil
}

// Kill implements Killer.
func (c *PluginClient) Kill(ctx *types.PluginContext, sessionID string, signal StreamSignal) (*Session, error) {
	if err := checkSignal(sessionID, signal); err != nil {
		return nil, err
	}
	resp, err := c.sessions.Kill(outgoing(ctx), &xshpb.KillRequest{Id: sessionID, Signal: signal.ToProto()})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}

// Signal implements Signaler.
func (c *PluginClient) Signal(ctx *types.PluginContext, sessionID, name string) (*Session, error) {
	resp, err := c.sessions.Signal(outgoing(ctx), &xshpb.SignalRequest{Id: sessionID, Signal: name})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}

// Remove implements Remover.
func (c *PluginClient) Remove(ctx *types.PluginContext, sessionID string) error {
	_, err := c.sessions.Remove(outgoing(ctx), &xshpb.RemoveRequest{Id: sessionID})
	return fromStatus(err, ErrCodeSessionNotFound, sessionID)
}

// DetachAll implements Attacher.
func (c *PluginClient) DetachAll(ctx *types.PluginContext, sessionID string) (int, error) {
	resp, err := c.sessions.DetachAll(outgoing(ctx), &xshpb.DetachAllRequest{Id: sessionID})
	if err != nil {
		return 0, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return int(resp.GetClients()), nil
}

// Close is a no-op on the client side — the server manages session lifecycle.
func (c *PluginClient) Close() {}

// toldError is the error of a peer that answers instead of failing the call.
func toldError(ok bool, message string) error {
	switch {
	case ok && message == "":
		return nil
	case message == "":
		return errors.New("the server refused without saying why")
	default:
		return fmt.Errorf("the server refused: %s", message)
	}
}
