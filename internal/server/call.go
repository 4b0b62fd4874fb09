package server

import (
	"context"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/logging"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// methods are the gRPC services' methods, for calls over the local stream. It
// is a grpc.ServiceRegistrar beside the gRPC server, so that both have the same.
type methods struct {
	unary   map[string]unaryMethod
	streams map[string]streamMethod
	log     logging.Logger
}

type unaryMethod struct {
	grpc.MethodDesc
	impl any
}

type streamMethod struct {
	grpc.StreamDesc
	impl any
}

func newMethods(log logging.Logger) *methods {
	return &methods{unary: make(map[string]unaryMethod), streams: make(map[string]streamMethod), log: log}
}

// RegisterService implements grpc.ServiceRegistrar.
func (m *methods) RegisterService(desc *grpc.ServiceDesc, impl any) {
	for _, d := range desc.Methods {
		m.unary["/"+desc.ServiceName+"/"+d.MethodName] = unaryMethod{d, impl}
	}
	for _, d := range desc.Streams {
		if d.ServerStreams && !d.ClientStreams {
			m.streams["/"+desc.ServiceName+"/"+d.StreamName] = streamMethod{d, impl}
		}
	}
}

// call answers a Call with the method's replies and its status.
func (c *localConn) call(ctx context.Context, payload []byte) error {
	var in xshpb.Call
	if err := proto.Unmarshal(payload, &in); err != nil {
		return protocolError(err)
	}
	md := make(metadata.MD, len(in.GetMetadata()))
	for k, v := range in.GetMetadata() {
		md[strings.ToLower(k)] = []string{v}
	}
	ctx = context.WithValue(metadata.NewIncomingContext(ctx, md), callerKey{}, c.conn)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if ms := in.GetTimeoutMs(); ms > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
		defer cancel()
	}
	request := append([]byte(nil), in.GetRequest()...)
	go func() { // a caller that closes the connection wants no answer; ends with the connection
		io.Copy(io.Discard, c.conn)
		cancel()
	}()
	begin := c.greetSoon(ctx)
	if err := roomForCall(in.GetMethod(), request); err != nil {
		return c.out.write(ctx, appendMessage(begin(), stream.Status, statusOf(err).Proto()))
	}
	if m, ok := c.methods.unary[in.GetMethod()]; ok {
		reply, err := m.Handler(m.impl, ctx, decoder(request), recoverUnary(c.log))
		frames := begin()
		if err == nil {
			frames = appendMessage(frames, stream.Reply, reply.(proto.Message))
		}
		return c.out.write(ctx, appendMessage(frames, stream.Status, statusOf(err).Proto()))
	}
	m, ok := c.methods.streams[in.GetMethod()]
	if !ok {
		err := status.Errorf(codes.Unimplemented, "this server knows no call %s", in.GetMethod())
		return c.out.write(ctx, appendMessage(begin(), stream.Status, statusOf(err).Proto()))
	}
	if err := c.out.write(ctx, begin()); err != nil {
		return err
	}
	replies := &replyStream{ctx: ctx, request: decoder(request), out: c.out}
	info := &grpc.StreamServerInfo{FullMethod: in.GetMethod(), IsServerStream: true}
	err := recoverStream(c.log)(m.impl, replies, info, m.Handler)
	return c.out.write(ctx, appendMessage(nil, stream.Status, statusOf(err).Proto()))
}

// statusOf is what gRPC makes of a method's error: one of a context keeps its
// code.
func statusOf(err error) *status.Status {
	if st, ok := status.FromError(err); ok {
		return st
	}
	return status.FromContextError(err)
}

// decoder reads a request as gRPC's handlers want it.
func decoder(request []byte) func(any) error {
	return func(into any) error {
		if err := proto.Unmarshal(request, into.(proto.Message)); err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		return nil
	}
}

// replyStream is a grpc.ServerStream of a method that sends many replies.
type replyStream struct {
	ctx     context.Context
	request func(any) error
	out     *sender
	frame   []byte // the memory of the last reply, which the next one uses
}

func (s *replyStream) SetHeader(metadata.MD) error  { return nil }
func (s *replyStream) SendHeader(metadata.MD) error { return nil }
func (s *replyStream) SetTrailer(metadata.MD)       {}
func (s *replyStream) Context() context.Context     { return s.ctx }

// RecvMsg implements grpc.ServerStream: there is the one request.
func (s *replyStream) RecvMsg(into any) error {
	if s.request == nil {
		return io.EOF
	}
	decode := s.request
	s.request = nil
	return decode(into)
}

// SendMsg implements grpc.ServerStream. It is not called concurrently.
func (s *replyStream) SendMsg(m any) error {
	frame := appendMessage(s.frame[:0], stream.Reply, m.(proto.Message))
	if s.frame = frame; cap(frame) > maxKeptReply {
		s.frame = nil
	}
	return s.out.write(s.ctx, frame)
}

// maxKeptReply bounds the memory that is kept for the next reply.
const maxKeptReply = 128 << 10
