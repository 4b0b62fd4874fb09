package client

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/exec"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Client talks to a server, over the local stream: each call and each
// attachment has a connection of its own. Its methods may be called concurrently,
// AttachTerminal by one caller at a time for each terminal. It has all methods of the
// PluginClient; those that need a stream of the requester (Stream, and AttachSession and
// Attach for it) do not work over the local stream: Open and AttachTerminal take their
// place, and [NewRequester] tells of the other way.
type Client struct {
	*exec.PluginClient
	conn   *Conn
	server xshpb.ServerClient
	seats  xshpb.SeatsClient
}

// A Client is whatever a program may ask of sessions, as the Manager itself is.
var (
	_ exec.SessionProvider = (*Client)(nil)
	_ exec.Driver          = (*Client)(nil)
)

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
	// KeeperPID is 0 if the server has no keeper: its sessions end with it.
	KeeperPID     int    `json:"keeper_pid"`
	KeeperVersion string `json:"keeper_version"`
	// SetAside are the IDs of sessions that the keeper has and the server did not
	// adopt.
	SetAside []string `json:"set_aside"`
}

// Config says how a Client reaches its server.
type Config struct {
	// Dial connects to the server, for each call and each attachment.
	Dial Dialer
	// Release is what this program tells the server of itself; it may be empty.
	Release string
	// Greeted, which may be nil, is called with the server's release when that
	// answers for the first time.
	Greeted func(release string)
}

// New returns a Client that connects with its first call.
func New(cfg Config) *Client {
	conn := NewConn(cfg.Dial, cfg.Release)
	conn.onGreeting = cfg.Greeted
	return &Client{
		PluginClient: exec.NewPluginClient(conn),
		conn:         conn,
		server:       xshpb.NewServerClient(conn),
		seats:        xshpb.NewSeatsClient(conn),
	}
}

// Dial connects to the server that listens on socket; whether it answers, the
// first call tells. An error wraps ErrNoServer if there is none. The caller closes
// the Client.
func Dial(ctx context.Context, socket string) (*Client, error) {
	c := New(Config{Dial: DialSocket(socket)})
	return c, c.Connect(ctx)
}

// Connect makes sure that somebody listens. Whatever is asked first uses the
// connection that it made.
func (c *Client) Connect(ctx context.Context) error { return c.conn.connect(ctx) }

// Close lets go of what the Client holds. Attachments go on.
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
		KeeperPID:   int(st.GetKeeperPid()), KeeperVersion: st.GetKeeperVersion(),
		SetAside: append([]string{}, st.GetSetAside()...),
	}, nil
}

// Stop has the server end its sessions and leave. It returns how many sessions
// there were, before the server has left.
func (c *Client) Stop(ctx context.Context) (sessions int, err error) {
	resp, err := c.server.Stop(ctx, &xshpb.StopRequest{})
	return int(resp.GetSessions()), err
}

// StopAndKeep is Stop that leaves the sessions with the keeper, which starts a
// server when somebody connects.
func (c *Client) StopAndKeep(ctx context.Context) (sessions int, err error) {
	resp, err := c.server.Stop(ctx, &xshpb.StopRequest{Keep: true})
	return int(resp.GetSessions()), refusal(err)
}

// Restart has the server whose process is pid leave and its keeper start another
// one. It returns before the server has left.
func (c *Client) Restart(ctx context.Context, pid int) error {
	_, err := c.server.Restart(ctx, &xshpb.RestartRequest{Pid: int32(pid)})
	return refusal(err)
}

// Upgrade has the xsh at an absolute path take over from the server, and returns
// its version when it has. The server goes on if that is not possible; a
// *RefusedError says why then. From a server that knows no upgrade the error is
// ErrOldServer.
func (c *Client) Upgrade(ctx context.Context, binary string) (version string, err error) {
	resp, err := c.server.Upgrade(ctx, &xshpb.UpgradeRequest{Binary: binary})
	return resp.GetVersion(), refusal(err)
}

// Adopt has the server take over the sessions that it had set aside. It returns
// how many it took, and why it did not take the others.
func (c *Client) Adopt(ctx context.Context) (sessions int, err error) {
	resp, err := c.server.Adopt(ctx, &emptypb.Empty{})
	if err == nil && resp.GetProblems() != "" {
		err = &RefusedError{resp.GetProblems()}
	}
	return int(resp.GetSessions()), refusal(err)
}

// RefusedError says in words for people why a server did not do what it was
// asked for.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

func refusal(err error) error {
	switch status.Code(err) {
	case codes.Unimplemented:
		return ErrOldServer
	case codes.FailedPrecondition:
		return &RefusedError{status.Convert(err).Message()}
	default:
		return err
	}
}
