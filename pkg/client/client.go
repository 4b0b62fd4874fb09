package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/peer"
	"github.com/xsh-project/xsh/pkg/exec"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// ErrNoServer is wrapped by an error when nobody listens on the socket.
var ErrNoServer = errors.New("no server is running")

// ErrNoAnswer is returned by Check when somebody listens on the socket and says
// nothing: a server that was stopped, or is stuck.
var ErrNoAnswer = errors.New("the server does not answer")

// answerWait is how long a server may take to say how it is.
const answerWait = 5 * time.Second

// Flow control windows, as the server has them: with fixed ones gRPC sends no
// probes to find the bandwidth of a socket.
const (
	streamWindow = 256 << 10
	connWindow   = 1 << 20
)

// Client is a connection to a server. Its methods may be called concurrently,
// Attach by one caller at a time for each terminal.
type Client struct {
	*exec.PluginClient
	conn   *grpc.ClientConn
	server xshpb.ServerClient
}

// Status is what a server tells of itself.
type Status struct {
	Version   string    `json:"version"`
	PID       int       `json:"pid"`
	StartedAt time.Time `json:"started_at"`
	Sessions  int       `json:"sessions"`
	Ended     int       `json:"ended_sessions"`
	Clients   int       `json:"clients"`
	// MemoryBytes is the server's resident memory; 0 if it cannot tell.
	MemoryBytes int64 `json:"memory_bytes"`
}

// Dial connects to the server that listens on socket; whether it answers, Check
// tells. An error wraps ErrNoServer if there is none. The caller closes the
// Client.
func Dial(ctx context.Context, socket string) (*Client, error) {
	first, err := dialSocket(ctx, socket)
	var stranger *peer.OtherUserError
	switch {
	case errors.As(err, &stranger):
		return nil, fmt.Errorf("refused to talk to %s: %w", socket, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
	}
	conn, err := grpc.NewClient("passthrough:///"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(dialer(first)),
		grpc.WithAuthority("xsh"),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
	)
	if err != nil {
		first.Close()
		return nil, fmt.Errorf("connect to %s: %w", socket, err)
	}
	return &Client{
		PluginClient: exec.NewPluginClient(conn),
		conn:         conn,
		server:       xshpb.NewServerClient(conn),
	}, nil
}

// Check is Status for a server that may be gone, or stuck. Its error wraps
// ErrNoServer if it left meanwhile, and is ErrNoAnswer if it says nothing.
func (c *Client) Check(ctx context.Context) (*Status, error) {
	answer, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	st, err := c.Status(answer)
	switch {
	case err == nil:
		return st, nil
	case answer.Err() != nil && ctx.Err() == nil:
		return nil, ErrNoAnswer
	default:
		return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
	}
}

// dialer hands out the connection that was made to see whether somebody
// listens, once, and makes new ones after that.
func dialer(first net.Conn) func(context.Context, string) (net.Conn, error) {
	var mu sync.Mutex
	return func(ctx context.Context, socket string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if c := first; c != nil {
			first = nil
			return c, nil
		}
		return dialSocket(ctx, socket)
	}
}

// dialSocket connects to the server at socket, if that is this user's: a client
// tells it the whole environment.
func dialSocket(ctx context.Context, socket string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	if err := peer.Check(c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the connection and with it every attachment.
func (c *Client) Close() { c.conn.Close() }

// Status asks the server for its status.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	st, err := c.server.GetStatus(ctx, &emptypb.Empty{})
	if err != nil {
		return nil, err
	}
	return &Status{
		Version:     st.GetVersion(),
		PID:         int(st.GetPid()),
		StartedAt:   st.GetStartedAt().AsTime(),
		Sessions:    int(st.GetSessions()),
		Ended:       int(st.GetEndedSessions()),
		Clients:     int(st.GetClients()),
		MemoryBytes: st.GetMemoryBytes(),
	}, nil
}

// Stop has the server end its sessions and leave. It returns how many sessions
// there were, before the server has left.
func (c *Client) Stop(ctx context.Context) (sessions int, err error) {
	resp, err := c.server.Stop(ctx, &emptypb.Empty{})
	return int(resp.GetSessions()), err
}
