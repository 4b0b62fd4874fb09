package client

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/plainpb"
	"github.com/xsh-project/xsh/internal/stream"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// answerWait is how long a server may take to say that it is there.
const answerWait = 5 * time.Second

// Conn makes gRPC calls over the local stream, so that the clients that were
// generated from the services work on it: one connection for each call, one write
// and, as a rule, one read. A call that a server answers with a stream works; one
// that sends a stream does not: that is what an attachment is for. All methods
// may be called concurrently.
//
// A call waits for a server that takes its time, but not for one that says
// nothing at all: its error wraps ErrNoAnswer then, and ErrNoServer if there is
// none. When its context ends first it is a WaitError.
type Conn struct {
	dial       Dialer
	release    string
	onGreeting func(release string) // may be nil
	once       sync.Once            // for onGreeting

	mu    sync.Mutex // guards spare; not held across I/O
	spare net.Conn   // dialled already, for the first call
}

// NewConn returns a Conn whose calls connect by dial. release is what this
// program tells the server of itself.
func NewConn(dial Dialer, release string) *Conn { return &Conn{dial: dial, release: release} }

// Close lets go of a connection that no call has used. Calls under way go on.
func (c *Conn) Close() {
	if spare := c.takeSpare(); spare != nil {
		spare.Close()
	}
}

// greeted takes in a server's Hello.
func (c *Conn) greeted(hello *xshpb.Hello) {
	if c.onGreeting != nil {
		c.once.Do(func() { c.onGreeting(hello.GetRelease()) })
	}
}

// connect makes sure now that somebody listens; the first call uses what it
// dialled.
func (c *Conn) connect(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spare != nil {
		conn.Close()
	} else {
		c.spare = conn
	}
	return nil
}

func (c *Conn) takeSpare() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	spare := c.spare
	c.spare = nil
	return spare
}

// Invoke implements grpc.ClientConnInterface. Call options change nothing. A call
// that only asks is made again, of the next server, if the one that had it was killed.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	for try := 1; ; try++ {
		err := c.invoke(ctx, method, args, reply)
		lost := errors.Is(err, ErrLeft) || status.Code(err) == codes.Unavailable
		if !lost || !onlyAsks(method) || try == maxTries || ctx.Err() != nil {
			return err
		}
	}
}

// maxTries is how often a call is made that only asks.
const maxTries = 3

// onlyAsks reports whether a method changes nothing.
func onlyAsks(method string) bool {
	_, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	for _, verb := range []string{"Get", "List", "Capture", "Search", "Wait"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

func (c *Conn) invoke(ctx context.Context, method string, args, reply any) error {
	x, err := c.call(ctx, method, args)
	if err != nil {
		return err
	}
	defer x.close()
	err = x.receive(reply)
	if errors.Is(err, io.EOF) {
		return status.Errorf(codes.Internal, "the server ended the call %s without an answer", method)
	}
	return err
}

// NewStream implements grpc.ClientConnInterface for calls with one request. The
// caller reads the stream to its end or cancels its context.
func (c *Conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	if desc.ClientStreams {
		return nil, status.Errorf(codes.Unimplemented, "%s sends a stream: the local stream carries attachments instead", method)
	}
	return &replies{ctx: ctx, conn: c, method: method}, nil
}

// call sends a call.
func (c *Conn) call(ctx context.Context, method string, args any) (*exchange, error) {
	request, err := marshalCall(ctx, method, args)
	if err != nil {
		return nil, err
	}
	out := stream.Append(appendBeginning(nil, c.release), stream.Call, request)
	for {
		spare := c.takeSpare()
		conn := spare
		if conn == nil {
			if conn, err = c.dial(ctx); err != nil {
				return nil, err
			}
		}
		x := newExchange(ctx, c, conn)
		if _, x.unsent = conn.Write(out); x.unsent == nil || spare == nil {
			return x, nil // who does not take it may have said why
		}
		x.close()
		// The server has left since the spare connection was made, as one does
		// that had nothing to do. There may be another.
	}
}

func marshalCall(ctx context.Context, method string, args any) ([]byte, error) {
	message, ok := args.(proto.Message)
	if !ok {
		return nil, status.Errorf(codes.Internal, "%s: a request of type %T is no protobuf message", method, args)
	}
	request, err := plainpb.Marshal(message)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "%s: %v", method, err)
	}
	call := &xshpb.Call{Method: method, Request: request, Metadata: outgoing(ctx)}
	if deadline, ok := ctx.Deadline(); ok {
		call.TimeoutMs = max(1, time.Until(deadline).Milliseconds())
	}
	out, err := plainpb.Marshal(call)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "%s: %v", method, err)
	}
	if len(out) > maxCall {
		return nil, status.Errorf(codes.ResourceExhausted, "the request of %s has %d bytes, at most %d are allowed", method, len(out), maxCall)
	}
	return out, nil
}

// maxCall is how long a Call frame may be.
const maxCall = 4 << 20

// outgoing is the call's metadata, the values of one key joined as gRPC joins
// them and binary ones in base64.
func outgoing(ctx context.Context) map[string]string {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok || len(md) == 0 {
		return nil
	}
	all := make(map[string]string, len(md))
	for key, values := range md {
		if strings.HasSuffix(key, "-bin") {
			for i, v := range values {
				values[i] = base64.RawStdEncoding.EncodeToString([]byte(v))
			}
		}
		all[key] = strings.Join(values, ",")
	}
	return all
}

// exchange is a call on its connection.
type exchange struct {
	ctx    context.Context
	owner  *Conn
	conn   net.Conn
	from   greeting
	in     stream.Reader
	hello  bool // the server's came
	unsent error
	unhook func() bool
}

// newExchange takes over a connection. What is done on it ends with ctx.
func newExchange(ctx context.Context, owner *Conn, conn net.Conn) *exchange {
	x := &exchange{ctx: ctx, owner: owner, conn: conn, from: greeting{from: conn}}
	conn.SetDeadline(time.Now().Add(answerWait))
	x.unhook = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	return x
}

func (x *exchange) close() {
	x.unhook()
	x.conn.Close()
}

// receive returns the next message of the answer, or io.EOF when a status says
// that all was well.
func (x *exchange) receive(reply any) error {
	message, ok := reply.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "a reply of type %T is no protobuf message", reply)
	}
	for {
		f, err := x.in.Read(&x.from)
		if err != nil {
			return x.explain(cmp.Or(x.unsent, err))
		}
		if !x.hello && f.Type != stream.Status { // one that refuses all may not say hello
			if err := x.greet(f); err != nil {
				return err
			}
			continue
		}
		switch f.Type {
		case stream.Reply:
			return unmarshal(f, message)
		case stream.Status:
			if err := statusError(f); err != nil {
				return err
			}
			return io.EOF
		case stream.Ping:
			if _, err := x.conn.Write(stream.Append(nil, stream.Pong, f.Payload)); err != nil {
				return x.explain(err)
			}
		}
	}
}

// greet takes the server's Hello. From then on only ctx ends a wait.
func (x *exchange) greet(f stream.Frame) error {
	hello, err := readHello(f)
	if err != nil {
		return err
	}
	x.hello = true
	x.owner.greeted(hello)
	x.conn.SetDeadline(time.Time{})
	if x.ctx.Err() != nil { // it ended before, and its deadline is gone now
		return x.explain(x.ctx.Err())
	}
	return nil
}

// explain says what an error of the connection means.
func (x *exchange) explain(err error) error {
	switch {
	case x.ctx.Err() != nil:
		return &WaitError{What: "the server's answer", Err: x.ctx.Err()}
	case errors.Is(err, ErrOldServer), errors.Is(err, stream.ErrProtocol):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrNoAnswer
	case !x.hello:
		return fmt.Errorf("%w: %v", ErrLeft, err)
	}
	return status.Errorf(codes.Unavailable, "the connection to the server broke: %v", err)
}

// replies is a call that is answered with a stream.
type replies struct {
	ctx    context.Context
	conn   *Conn
	method string
	x      *exchange // nil before the call was sent
	err    error     // how the stream ended
}

// Context implements grpc.ClientStream.
func (r *replies) Context() context.Context { return r.ctx }

// Header implements grpc.ClientStream: there is none.
func (r *replies) Header() (metadata.MD, error) { return nil, nil }

// Trailer implements grpc.ClientStream: there is none.
func (r *replies) Trailer() metadata.MD { return nil }

// CloseSend implements grpc.ClientStream.
func (r *replies) CloseSend() error { return nil }

// SendMsg implements grpc.ClientStream: it sends the one request.
func (r *replies) SendMsg(m any) error {
	if r.x != nil {
		return status.Errorf(codes.Internal, "%s takes one request", r.method)
	}
	x, err := r.conn.call(r.ctx, r.method, m)
	if err != nil {
		return err
	}
	r.x = x
	return nil
}

// RecvMsg implements grpc.ClientStream.
func (r *replies) RecvMsg(m any) error {
	if r.x == nil {
		return status.Errorf(codes.Internal, "%s was not sent yet", r.method)
	}
	if r.err != nil {
		return r.err
	}
	if err := r.x.receive(m); err != nil {
		r.err = err
		r.x.close()
	}
	return r.err
}
