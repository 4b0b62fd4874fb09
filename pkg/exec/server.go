package exec

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// PluginServer serves a Provider over gRPC. If it is a SessionProvider, xsh's
// own attach options and its Sessions service work as well; and of its Driver,
// Restorer and Sizer services the calls whose interfaces it has.
type PluginServer struct {
	execpb.UnimplementedExecPluginServer
	xshpb.UnimplementedSessionsServer
	xshpb.UnimplementedDriverServer
	xshpb.UnimplementedLeaderServer
	xshpb.UnimplementedRestorerServer
	xshpb.UnimplementedReportsServer
	xshpb.UnimplementedSizerServer
	Impl Provider
}

// Register serves all services of s on a gRPC server.
func (s *PluginServer) Register(on grpc.ServiceRegistrar) {
	execpb.RegisterExecPluginServer(on, s)
	xshpb.RegisterSessionsServer(on, s)
	xshpb.RegisterDriverServer(on, s)
	xshpb.RegisterLeaderServer(on, s)
	xshpb.RegisterRestorerServer(on, s)
	xshpb.RegisterReportsServer(on, s)
	xshpb.RegisterSizerServer(on, s)
}

// GetSupportedResources implements the exec service.
func (s *PluginServer) GetSupportedResources(ctx context.Context, _ *emptypb.Empty) (*execpb.GetSupportedResourcesResponse, error) {
	resp := &execpb.GetSupportedResourcesResponse{}
	for _, h := range s.Impl.GetSupportedResources(incoming(ctx)) {
		resp.Handlers = append(resp.Handlers, h.ToProto())
	}
	return resp, nil
}

// given is the wire's error for what a Provider returned: its own, or, where it
// returned neither an error nor a value, one that says so.
func given[T any](value *T, err error) error {
	if err == nil && value == nil {
		err = errNothing
	}
	return toStatus(err)
}

var errNothing = errors.New("the provider returned neither a result nor an error")

// GetSession implements the exec service.
func (s *PluginServer) GetSession(ctx context.Context, in *execpb.GetSessionRequest) (*execpb.GetSessionResponse, error) {
	session, err := s.Impl.GetSession(incoming(ctx), in.GetId())
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &execpb.GetSessionResponse{Session: session.ToProto(), Success: true}, nil
}

// ListSessions implements the exec service.
func (s *PluginServer) ListSessions(ctx context.Context, _ *emptypb.Empty) (*execpb.ListSessionsResponse, error) {
	sessions, err := s.Impl.ListSessions(incoming(ctx))
	if err != nil {
		return nil, toStatus(err)
	}
	return &execpb.ListSessionsResponse{Sessions: sessionsToProto(sessions), Success: true}, nil
}

// CreateSession implements the exec service.
func (s *PluginServer) CreateSession(ctx context.Context, in *execpb.SessionOptions) (*execpb.CreateSessionResponse, error) {
	session, err := s.Impl.CreateSession(incoming(ctx), *NewSessionOptionsFromProto(in))
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &execpb.CreateSessionResponse{Session: session.ToProto(), Success: true}, nil
}

// AttachSession implements the exec service.
func (s *PluginServer) AttachSession(ctx context.Context, in *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error) {
	own, ok := s.Impl.(Attacher)
	if in.GetOptions() == nil || !ok {
		session, buffer, err := s.Impl.AttachSession(incoming(ctx), in.GetId())
		if err := given(session, err); err != nil {
			return nil, err
		}
		return &execpb.AttachSessionResponse{Session: session.ToProto(), Buffer: buffer}, nil
	}
	o := AttachOptionsFromProto(in.GetOptions())
	if o.Replay < ReplayScreen || o.Replay > ReplayRaw {
		err := fmt.Errorf("unknown replay %d: the client may be newer than the server", o.Replay)
		return nil, toStatus(NewTerminalError(in.GetId(), err))
	}
	at, err := own.Attach(incoming(ctx), in.GetId(), o)
	if err := given(at, err); err != nil {
		return nil, err
	}
	return &execpb.AttachSessionResponse{
		Session: at.Session.ToProto(),
		Buffer:  at.Replay,
		Reply:   &typespb.AttachReply{Offset: at.Offset},
	}, nil
}

// DetachSession implements the exec service.
func (s *PluginServer) DetachSession(ctx context.Context, in *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error) {
	own, ok := s.Impl.(Attacher)
	if !ok {
		session, err := s.Impl.DetachSession(incoming(ctx), in.GetId())
		if err := given(session, err); err != nil {
			return nil, err
		}
		return &execpb.AttachSessionResponse{Session: session.ToProto()}, nil
	}
	d, err := own.Detach(incoming(ctx), in.GetId())
	if err := given(d, err); err != nil {
		return nil, err
	}
	return &execpb.AttachSessionResponse{Session: d.Session.ToProto(), Buffer: d.Leave, AnswersDue: d.AnswersDue}, nil
}

// CloseSession implements the exec service.
func (s *PluginServer) CloseSession(ctx context.Context, in *execpb.CloseSessionRequest) (*execpb.CloseSessionResponse, error) {
	if err := s.Impl.CloseSession(incoming(ctx), in.GetId()); err != nil {
		return nil, toStatus(err)
	}
	return &execpb.CloseSessionResponse{Success: true}, nil
}

// ResizeSession implements the exec service.
func (s *PluginServer) ResizeSession(ctx context.Context, in *execpb.ResizeSessionRequest) (*execpb.ResizeSessionResponse, error) {
	err := s.Impl.ResizeSession(incoming(ctx), in.GetId(), in.GetRows(), in.GetCols())
	if err != nil {
		return nil, toStatus(err)
	}
	return &execpb.ResizeSessionResponse{Success: true}, nil
}

// Stream implements the exec service. The header is sent once the stream is
// open, so that a client can wait for it before it attaches.
func (s *PluginServer) Stream(stream execpb.ExecPlugin_StreamServer) error {
	ctx := stream.Context()
	ctx = types.NewContext(ctx, incoming(ctx))
	ready := func() error { return stream.SendHeader(metadata.MD{}) }
	recv := func() (StreamInput, error) {
		msg, err := stream.Recv()
		return NewStreamInputFromProto(msg), err
	}
	send := func(o StreamOutput) error { return stream.Send(o.ToProto()) }
	if m, ok := s.Impl.(*Manager); ok {
		return toStatus(m.serve(ctx, ready, recv, send))
	}
	return toStatus(relay(ctx, s.Impl, ready, recv, send))
}

// relay is what Manager.serve is, for any Provider.
func relay(
	ctx context.Context,
	p Provider,
	ready func() error,
	recv func() (StreamInput, error),
	send func(StreamOutput) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := make(chan StreamInput)
	out, err := p.Stream(ctx, in)
	if err == nil && out == nil {
		err = errNothing
	}
	if err != nil {
		return err
	}
	err = ready()
	go func() { // ends with the RPC
		defer close(in)
		for {
			input, err := recv()
			if err != nil {
				return
			}
			select {
			case in <- input:
			case <-ctx.Done():
				return
			}
		}
	}()
	for output := range out {
		if err == nil {
			err = send(output)
		}
		if err != nil {
			cancel() // and read on until the provider has closed out
		}
	}
	return nil
}

// ListAll implements xsh's Sessions service.
func (s *PluginServer) ListAll(ctx context.Context, _ *emptypb.Empty) (*xshpb.ListAllResponse, error) {
	own, err := as[Lister](s)
	if err != nil {
		return nil, err
	}
	sessions, err := own.ListAll(incoming(ctx))
	if err != nil {
		return nil, toStatus(err)
	}
	return &xshpb.ListAllResponse{Sessions: sessionsToProto(sessions)}, nil
}

// Kill implements xsh's Sessions service.
func (s *PluginServer) Kill(ctx context.Context, in *xshpb.KillRequest) (*xshpb.KillResponse, error) {
	own, err := as[Killer](s)
	if err != nil {
		return nil, err
	}
	signal := StreamSignal(in.GetSignal()) // as it came: an unknown one is not to become another
	if err := checkSignal(in.GetId(), signal); err != nil {
		return nil, toStatus(err)
	}
	session, err := own.Kill(incoming(ctx), in.GetId(), signal)
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.KillResponse{Session: session.ToProto()}, nil
}

// Signal implements xsh's Sessions service.
func (s *PluginServer) Signal(ctx context.Context, in *xshpb.SignalRequest) (*xshpb.SignalResponse, error) {
	own, err := as[Signaler](s)
	if err != nil {
		return nil, err
	}
	session, err := own.Signal(incoming(ctx), in.GetId(), in.GetSignal())
	if err != nil {
		return nil, toStatus(err)
	}
	return &xshpb.SignalResponse{Session: session.ToProto()}, nil
}

// Remove implements xsh's Sessions service.
func (s *PluginServer) Remove(ctx context.Context, in *xshpb.RemoveRequest) (*xshpb.RemoveResponse, error) {
	own, err := as[Remover](s)
	if err != nil {
		return nil, err
	}
	if err := own.Remove(incoming(ctx), in.GetId()); err != nil {
		return nil, toStatus(err)
	}
	return &xshpb.RemoveResponse{}, nil
}

// DetachAll implements xsh's Sessions service.
func (s *PluginServer) DetachAll(ctx context.Context, in *xshpb.DetachAllRequest) (*xshpb.DetachAllResponse, error) {
	own, err := as[Attacher](s)
	if err != nil {
		return nil, err
	}
	n, err := own.DetachAll(incoming(ctx), in.GetId())
	if err != nil {
		return nil, toStatus(err)
	}
	return &xshpb.DetachAllResponse{Clients: int32(n)}, nil
}

// as returns the provider as what a call needs that is not of the plain contract.
func as[T any](s *PluginServer) (T, error) {
	if own, ok := s.Impl.(T); ok {
		return own, nil
	}
	var none T
	return none, status.Error(codes.Unimplemented, "this provider knows no such call")
}
