package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/peer"
)

// ErrNoServer is wrapped by an error when nobody listens on the socket, or who
// did is leaving.
var ErrNoServer = errors.New("no server is running")

// ErrLeft, which wraps ErrNoServer, is wrapped by an error when the server closed
// the connection and had not answered: it was leaving, or was killed, and may or may
// not have done what it was asked for. There may be another one.
var ErrLeft = fmt.Errorf("%w: the server closed the connection", ErrNoServer)

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
		conn, err := dialUnix(ctx, socket)
		switch {
		case err == nil:
		case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded): // whose deadline is ctx's, a moment before it ends
			return nil, &WaitError{What: "a connection to the server", Err: cmp.Or(ctx.Err(), context.DeadlineExceeded)}
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
			return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
		default:
			return nil, fmt.Errorf("connect to the server: %w", err)
		}
		if err := peer.Check(conn); err != nil {
			conn.Close()
			return nil, fmt.Errorf("%w: %s: %w", ErrNotOurs, socket, err)
		}
		return conn, nil
	}
}

// dialUnix connects to a socket. One that has too many waiting already, as that of
// a server that was stopped has, gets some time.
func dialUnix(ctx context.Context, socket string) (net.Conn, error) {
	for by := time.Now().Add(answerWait); ; {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if !errors.Is(err, syscall.EAGAIN) {
			return conn, err
		}
		if time.Now().After(by) {
			return nil, ErrNoAnswer
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
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
