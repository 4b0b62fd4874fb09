package server

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/internal/peer"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// seats moves people's terminals from session to session, for whoever reads the
// keyboard there: a program in the background of a session, or elsewhere, must not
// take a person to where the person types into something else.
type seats struct {
	xshpb.UnimplementedSeatsServer
	sessions *exec.Manager
}

// Switch implements xsh's Seats service.
func (s *seats) Switch(ctx context.Context, in *xshpb.SwitchRequest) (*xshpb.SwitchResponse, error) {
	from, err := s.seatOf(ctx)
	if err != nil {
		return nil, status.Error(codes.PermissionDenied, err.Error())
	}
	to, err := s.sessions.Switch(&types.PluginContext{Context: ctx}, from, in.GetTo())
	if err != nil {
		return nil, exec.Status(err)
	}
	return &xshpb.SwitchResponse{Session: to.ToProto()}, nil
}

var errNoSeat = errors.New("only a program in the foreground of a session's terminal can move that")

// seatOf returns the session in whose foreground the caller is.
func (s *seats) seatOf(ctx context.Context) (id string, err error) {
	conn, ok := ctx.Value(callerKey{}).(*settledConn)
	if !ok {
		return "", errNoSeat
	}
	group := 0
	err = conn.Control(func(fd int) error {
		pid, err := peer.PID(fd)
		if err == nil && pid > 0 {
			group, err = unix.Getpgid(pid)
		}
		return err
	})
	if err != nil || group == 0 { // 0: of a container that shows this one no processes
		return "", errNoSeat
	}
	session := s.sessions.InForeground(group)
	if session == nil {
		return "", errNoSeat
	}
	return session.ID, nil
}

// callerKey is that of a call's connection in the call's context.
type callerKey struct{}
