package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// localServer is the server's end of the local stream; internal/stream's
// PROTOCOL.md defines what is said.
type localServer struct {
	sessions *exec.Manager
	methods  *methods
	release  string
	log      logging.Logger
	life     context.Context
}

// serve serves one connection to its end, and closes it.
func (l *localServer) serve(accepted net.Conn) {
	c, err := settle(accepted)
	if err != nil {
		l.log.Error("a client cannot be served", "error", err)
		return
	}
	defer c.Close()
	defer func() {
		if fault := recover(); fault != nil {
			recovered(l.log, "the local stream", fault, nil)
		}
	}()
	ctx, cancel := context.WithCancel(l.life)
	defer cancel()
	// A server that leaves waits for nobody's next word.
	defer context.AfterFunc(l.life, func() { c.SetReadDeadline(time.Unix(1, 0)) })()

	conn := &localConn{localServer: l, conn: c, out: newSender(c)}
	if err := conn.converse(ctx); err != nil {
		conn.refuse(err, nil)
	}
}

// localConn is one connection.
type localConn struct {
	*localServer
	conn wire
	in   stream.Reader
	out  *sender
}

// errClosed is a peer that has gone, to whom there is nothing to say.
var errClosed = errors.New("the connection was closed")

// lastWait is how long a client may take for the last that it is sent.
const lastWait = time.Second

// refuse tells the client what was wrong, if that is possible, behind what else
// it is to be told.
func (c *localConn) refuse(err error, begin []byte) {
	if errors.Is(err, errClosed) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWait)
	defer cancel()
	c.out.write(ctx, appendMessage(begin, stream.Status, statusOf(err).Proto()))
}

func protocolError(err error) error {
	return status.Error(codes.InvalidArgument, err.Error())
}

// next returns the next frame that this version knows.
func (c *localConn) next() (stream.Frame, error) {
	for {
		f, err := c.in.Read(c.conn)
		switch {
		case errors.Is(err, stream.ErrProtocol):
			return f, protocolError(err)
		case err != nil:
			return f, errClosed
		case f.Type.Known():
			return f, nil
		}
	}
}

// converse says hello and does the one thing that the connection is for.
func (c *localConn) converse(ctx context.Context) error {
	c.conn.SetReadDeadline(time.Now().Add(firstWait))
	if err := c.preface(); err != nil {
		return err
	}
	if err := c.hello(); err != nil {
		return err
	}
	f, err := c.next()
	if err != nil {
		return err
	}
	c.conn.SetReadDeadline(time.Time{})
	switch f.Type {
	case stream.Call:
		return c.call(ctx, f.Payload)
	case stream.Attach:
		return c.attach(ctx, f.Payload)
	default:
		return protocolError(fmt.Errorf("%w: frame %d at the beginning", stream.ErrProtocol, f.Type))
	}
}

func (c *localConn) preface() error {
	var begin [len(stream.Preface)]byte
	for n := 0; n < len(begin); {
		m, err := c.conn.Read(begin[n:])
		if n += m; err != nil {
			return errClosed
		}
	}
	if string(begin[:]) != stream.Preface {
		return protocolError(fmt.Errorf("%w: bad preface", stream.ErrProtocol))
	}
	return nil
}

// hello takes the client's Hello. The server's own goes out with whatever it
// says next; see greet.
func (c *localConn) hello() error {
	f, err := c.next()
	if err != nil {
		return err
	}
	var hello xshpb.Hello
	if f.Type != stream.Hello || proto.Unmarshal(f.Payload, &hello) != nil {
		return protocolError(fmt.Errorf("%w: no hello", stream.ErrProtocol))
	}
	if hello.GetMinVersion() > stream.MaxVersion || hello.GetMaxVersion() < stream.MinVersion {
		return status.Errorf(codes.FailedPrecondition,
			"this server (%s) speaks versions %d to %d of the local stream, the client %d to %d",
			c.release, stream.MinVersion, stream.MaxVersion, hello.GetMinVersion(), hello.GetMaxVersion())
	}
	return nil
}

// slowAnswer is how long an answer may take before the Hello goes ahead of it: a
// client takes a server that says nothing at all for one that is stuck.
const slowAnswer = time.Second

// greetSoon sends the Hello if the answer takes long. The function that it returns
// is called when there is one, and once: it gives what the answer has to begin
// with.
func (c *localConn) greetSoon(ctx context.Context) (begin func() []byte) {
	ahead := make(chan struct{})
	late := time.AfterFunc(slowAnswer, func() {
		defer close(ahead)
		c.out.write(ctx, c.greet())
	})
	return func() []byte {
		if late.Stop() {
			return c.greet()
		}
		<-ahead
		return nil
	}
}

// greet is the server's Hello, to which the first answer is added.
func (c *localConn) greet() []byte {
	return appendMessage(nil, stream.Hello, &xshpb.Hello{
		MinVersion: stream.MinVersion, MaxVersion: stream.MaxVersion, Release: c.release,
		Can: []string{stream.CanTell},
	})
}

// appendMessage adds a frame with a message to dst.
func appendMessage(dst []byte, t stream.Type, m proto.Message) []byte {
	out, err := stream.AppendFunc(dst, t, func(b []byte) ([]byte, error) { return proto.MarshalOptions{}.MarshalAppend(b, m) })
	if err != nil { // text that is no UTF-8, which conversions do not let through
		data, _ := proto.Marshal(status.New(codes.Internal, "the answer cannot be encoded").Proto())
		return stream.Append(dst, stream.Status, data)
	}
	return out
}
