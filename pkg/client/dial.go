package client

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/xsh-project/xsh/internal/peer"
)

// ErrNoServer is wrapped by an error when nobody listens on the socket, or who
// did is leaving.
var ErrNoServer = errors.New("no server is running")

// ErrNoAnswer is wrapped by an error when somebody listens on the socket and
// says nothing: a server that was stopped, or is stuck.
var ErrNoAnswer = errors.New("the server does not answer")

// ErrOldServer is wrapped by an error when the server is so old that it does not
// know the local stream.
var ErrOldServer = errors.New("the running server is too old for this xsh")

// ErrNotOurs is wrapped by an error when who listens on the socket is another
// user, or cannot be told.
var ErrNotOurs = errors.New("not this user's server")

// Dialer connects to a server. It ends with its context.
type Dialer func(context.Context) (net.Conn, error)

// DialSocket returns a Dialer for the server that listens on a unix socket. An
// error wraps ErrNoServer if there is none, and ErrNotOurs if the process that
// listens is another user's: not a byte is sent to that one.
func DialSocket(socket string) Dialer {
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if ctx.Err() != nil {
			return nil, &WaitError{What: "a connection to the server", Err: ctx.Err()}
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
		}
		if err := peer.Check(conn); err != nil {
			conn.Close()
			return nil, fmt.Errorf("%w: %s: %w", ErrNotOurs, socket, err)
		}
		return conn, nil
	}
}

// WaitError is the error of a wait that a context ended.
type WaitError struct {
	What string // was waited for
	Err  error  // the context's
}

func (e *WaitError) Error() string {
	if errors.Is(e.Err, context.DeadlineExceeded) {
		return "waited too long for " + e.What
	}
	return "told to end while waiting for " + e.What
}

// Unwrap returns the context's error.
func (e *WaitError) Unwrap() error { return e.Err }
