package server

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/xsh-project/xsh/pkg/logging"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// control serves what clients may know of the server and do to it.
type control struct {
	xshpb.UnimplementedServerServer
	cfg     Config
	conns   *connections
	started time.Time
	hand    *handover
}

func (c *control) GetStatus(context.Context, *emptypb.Empty) (*xshpb.ServerStatus, error) {
	all, err := c.cfg.Sessions.ListAll(nil)
	if err != nil {
		return nil, err
	}
	st := &xshpb.ServerStatus{
		Version:     c.cfg.Version,
		Pid:         int32(os.Getpid()),
		StartedAt:   timestamppb.New(c.started),
		Clients:     int32(c.conns.count()),
		MemoryBytes: residentMemory(),
	}
	if kept := c.cfg.Kept; kept != nil {
		pid, version := keeperOf(c.cfg.Paths)
		st.KeeperPid, st.KeeperVersion, st.SetAside = int32(pid), version, kept.SetAside()
	}
	for _, s := range all {
		if s.Exit == nil {
			st.Sessions++
		} else {
			st.EndedSessions++
		}
	}
	return st, nil
}

// leaveAfter has the server leave once the call with this context is answered.
func (c *control) leaveAfter(ctx context.Context, why error) {
	context.AfterFunc(ctx, func() { c.hand.leave(why) })
}

func (c *control) Stop(ctx context.Context, in *xshpb.StopRequest) (*xshpb.StopResponse, error) {
	active, err := c.cfg.Sessions.ListSessions(nil)
	if err != nil {
		return nil, err
	}
	why := errStopped
	if in.GetKeep() {
		why = errKeep
		if c.cfg.Kept == nil {
			return nil, status.Error(codes.FailedPrecondition, errNoKeeper.Error())
		}
		for _, s := range active { // clients that come back by themselves would start a server at once
			c.cfg.Sessions.DetachAll(nil, s.ID)
		}
	}
	c.leaveAfter(ctx, why)
	return &xshpb.StopResponse{Sessions: int32(len(active))}, nil
}

func (c *control) Restart(ctx context.Context, in *xshpb.RestartRequest) (*xshpb.RestartResponse, error) {
	if c.cfg.Kept == nil {
		return nil, status.Error(codes.FailedPrecondition, errNoKeeper.Error())
	}
	if int(in.GetPid()) == os.Getpid() {
		c.leaveAfter(ctx, errRestart)
	}
	return &xshpb.RestartResponse{}, nil
}

func (c *control) Upgrade(ctx context.Context, in *xshpb.UpgradeRequest) (*xshpb.UpgradeResponse, error) {
	version, err := c.hand.upgrade(in.GetBinary())
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	c.leaveAfter(ctx, errUpgraded)
	return &xshpb.UpgradeResponse{Version: version}, nil
}

func (c *control) Adopt(ctx context.Context, _ *emptypb.Empty) (*xshpb.AdoptResponse, error) {
	if c.cfg.Kept == nil {
		return nil, status.Error(codes.FailedPrecondition, errNoKeeper.Error())
	}
	n, err := c.cfg.Kept.retry(c.cfg.Sessions)
	resp := &xshpb.AdoptResponse{Sessions: int32(n)}
	if err != nil {
		resp.Problems = err.Error()
	}
	return resp, nil
}

// recoverUnary keeps a fault in one call from ending the server.
func recoverUnary(log logging.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, call grpc.UnaryHandler) (resp any, err error) {
		defer func() { err = recovered(log, info.FullMethod, recover(), err) }()
		return call(ctx, req)
	}
}

func recoverStream(log logging.Logger) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, call grpc.StreamHandler) (err error) {
		defer func() { err = recovered(log, info.FullMethod, recover(), err) }()
		return call(srv, stream)
	}
}

func recovered(log logging.Logger, method string, fault any, err error) error {
	if fault == nil {
		return err
	}
	log.Error("a call panicked", "method", method, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
	return status.Error(codes.Internal, "the server failed at this call; its log says how")
}
