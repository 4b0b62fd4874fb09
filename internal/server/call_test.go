package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
)

// callService has calls that do what tests want: each takes a text and answers
// with texts.
type callService struct {
	ended chan error // how the contexts of calls that wait ended
}

func (s *callService) desc() *grpc.ServiceDesc {
	unary := func(name string, call func(ctx context.Context, text string) (string, error)) grpc.MethodDesc {
		return grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.StringValue)
			if err := dec(in); err != nil {
				return nil, err
			}
			return interceptor(ctx, in, &grpc.UnaryServerInfo{FullMethod: "/test.Calls/" + name}, func(ctx context.Context, _ any) (any, error) {
				text, err := call(ctx, in.GetValue())
				return wrapperspb.String(text), err
			})
		}}
	}
	return &grpc.ServiceDesc{
		ServiceName: "test.Calls", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unary("Echo", func(_ context.Context, text string) (string, error) { return text, nil }),
			unary("Metadata", func(ctx context.Context, key string) (string, error) {
				return strings.Join(metadata.ValueFromIncomingContext(ctx, key), ","), nil
			}),
			unary("Wait", func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				s.ended <- ctx.Err()
				return "", ctx.Err()
			}),
			unary("Panic", func(context.Context, string) (string, error) { panic("in a call") }),
			unary("Fail", func(context.Context, string) (string, error) { return "", errors.New("plain") }),
		},
		Streams: []grpc.StreamDesc{
			{StreamName: "Split", ServerStreams: true, Handler: func(_ any, st grpc.ServerStream) error {
				in := new(wrapperspb.StringValue)
				if err := st.RecvMsg(in); err != nil {
					return err
				}
				for text := range strings.FieldsSeq(in.GetValue()) {
					if err := st.SendMsg(wrapperspb.String(text)); err != nil {
						return err
					}
				}
				return status.Error(codes.OutOfRange, "that was all")
			}},
			{StreamName: "Forever", ServerStreams: true, Handler: func(_ any, st grpc.ServerStream) error {
				for {
					if err := st.SendMsg(wrapperspb.String(strings.Repeat("x", 1000))); err != nil {
						s.ended <- err
						return err
					}
				}
			}},
			{StreamName: "Panic", ServerStreams: true, Handler: func(any, grpc.ServerStream) error { panic("in a stream") }},
			{StreamName: "BothWays", ServerStreams: true, ClientStreams: true, Handler: func(any, grpc.ServerStream) error { return nil }},
		},
	}
}

func newCallRig(t *testing.T) (*localRig, *callService) {
	r := newLocalRig(t)
	s := &callService{ended: make(chan error, 1)}
	r.local.methods.RegisterService(s.desc(), s)
	return r, s
}

func callFrame(method string, request proto.Message, more *xshpb.Call) []byte {
	c := &xshpb.Call{}
	if more != nil {
		c = more
	}
	c.Method = method
	c.Request, _ = proto.Marshal(request)
	return message(stream.Call, c)
}

// call makes a call and returns its replies and its status. The server says hello
// first and hangs up last.
func (r *localRig) call(method string, request proto.Message, more *xshpb.Call) (replies [][]byte, st *status.Status) {
	r.t.Helper()
	p := r.dial()
	defer p.Close()
	p.send(opening(callFrame(method, request, more)))
	if f, err := p.receive(); err != nil || f.Type != stream.Hello {
		r.t.Fatalf("%s: first came frame %d, %v", method, f.Type, err)
	}
	for {
		f, err := p.receive()
		switch {
		case err != nil && st != nil:
			return replies, st
		case err != nil || st != nil:
			r.t.Fatalf("%s: frame %d, %v", method, f.Type, err)
		case f.Type == stream.Reply:
			replies = append(replies, f.Payload)
		case f.Type == stream.Status:
			var m statuspb.Status
			if err := proto.Unmarshal(f.Payload, &m); err != nil {
				r.t.Fatal(err)
			}
			st = status.FromProto(&m)
		default:
			r.t.Fatalf("%s: frame %d", method, f.Type)
		}
	}
}

func texts(t *testing.T, replies [][]byte) []string {
	t.Helper()
	var all []string
	for _, r := range replies {
		var m wrapperspb.StringValue
		if err := proto.Unmarshal(r, &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m.GetValue())
	}
	return all
}

func TestCalls(t *testing.T) {
	r, _ := newCallRig(t)
	long := strings.Repeat("long ", 100_000)
	for _, tc := range []struct {
		method, text string
		want         []string
		code         codes.Code
		says         string
	}{
		{"Echo", "hello", []string{"hello"}, codes.OK, ""},
		{"Echo", long, []string{long}, codes.OK, ""},
		{"Split", "one two three", []string{"one", "two", "three"}, codes.OutOfRange, "that was all"},
		{"Metadata", "omniview-requester-id", []string{"me"}, codes.OK, ""},
		{"Fail", "", nil, codes.Unknown, "plain"},
		{"Panic", "", nil, codes.Internal, "its log says how"},
		{"NoSuch", "", nil, codes.Unimplemented, "this server knows no call /test.Calls/NoSuch"},
		{"BothWays", "", nil, codes.Unimplemented, "this server knows no call"},
	} {
		more := &xshpb.Call{Metadata: map[string]string{"Omniview-Requester-Id": "me"}}
		replies, st := r.call("/test.Calls/"+tc.method, wrapperspb.String(tc.text), more)
		if got := texts(t, replies); fmt.Sprint(got) != fmt.Sprint(tc.want) || st.Code() != tc.code || !strings.Contains(st.Message(), tc.says) {
			t.Errorf("%s: %.100q, %v", tc.method, got, st)
		}
	}
	if _, st := r.call("/test.Calls/Echo", &statuspb.Status{Message: "\x01"}, nil); st.Code() != codes.OK {
		t.Errorf("a request of another type: %v", st)
	}
	p := r.dial()
	p.send(opening(message(stream.Call, &xshpb.Call{Method: "/test.Calls/Echo", Request: []byte("\xff")})))
	if st := p.refusal(); st.Code() != codes.InvalidArgument {
		t.Errorf("a request that is none: %v", st)
	}
	r.forgetPanics()
}

// forgetPanics empties the log of panics that the test made.
func (r *localRig) forgetPanics() {
	r.t.Helper()
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if !strings.Contains(r.log.buf.String(), "panicked") {
		r.t.Error("the log says nothing of a panic")
	}
	r.log.buf.Reset()
}

// TestPanicInAStream is told as one in a call is.
func TestPanicInAStream(t *testing.T) {
	r, _ := newCallRig(t)
	if _, st := r.call("/test.Calls/Panic", wrapperspb.String(""), nil); st.Code() != codes.Internal {
		t.Errorf("a call: %v", st)
	}
	r.local.methods.streams["/test.Calls/Panics"] = r.local.methods.streams["/test.Calls/Panic"]
	if _, st := r.call("/test.Calls/Panics", wrapperspb.String(""), nil); st.Code() != codes.Internal {
		t.Errorf("a stream: %v", st)
	}
	r.forgetPanics()
}

// TestErrorsOfCallsKeepTheirDetails: they are for our client what the Manager's
// own errors are.
func TestErrorsOfCallsKeepTheirDetails(t *testing.T) {
	r, _ := newCallRig(t)
	replies, st := r.call("/omniview.sdk.exec.v1.ExecPlugin/GetSession", &execpb.GetSessionRequest{Id: "nosuch"}, nil)
	err := exec.ErrorFromStatus(st.Err(), "nosuch")
	var e *exec.ExecSessionError
	if len(replies) != 0 || !errors.Is(err, exec.ErrSessionNotFound) || !errors.As(err, &e) || e.SessionID != "nosuch" {
		t.Errorf("get: %v", err)
	}
	r.session("s")
	replies, st = r.call("/omniview.sdk.exec.v1.ExecPlugin/ListSessions", &emptypb.Empty{}, nil)
	var list execpb.ListSessionsResponse
	if len(replies) != 1 || st.Code() != codes.OK || proto.Unmarshal(replies[0], &list) != nil || len(list.GetSessions()) != 1 {
		t.Errorf("list: %v, %v", &list, st)
	}
}

// TestCallTimesOut: the caller's patience is the call's.
func TestCallTimesOut(t *testing.T) {
	r, s := newCallRig(t)
	_, st := r.call("/test.Calls/Wait", wrapperspb.String(""), &xshpb.Call{TimeoutMs: 1})
	if err := <-s.ended; st.Code() != codes.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that takes too long: %v, %v", st, err)
	}
}

// TestCallIsCancelledByClosing: a caller that goes away ends its call, whether
// that waits or sends.
func TestCallIsCancelledByClosing(t *testing.T) {
	r, s := newCallRig(t)
	for _, method := range []string{"Wait", "Forever"} {
		p := r.dial()
		p.send(opening(callFrame("/test.Calls/"+method, wrapperspb.String(""), nil)))
		if method == "Forever" {
			p.expect(stream.Hello, nil)
		}
		p.Close()
		select {
		case err := <-s.ended:
			if err == nil {
				t.Errorf("%s ended without an error", method)
			}
		case <-time.After(patience):
			t.Fatalf("%s goes on without its caller", method)
		}
	}
}

// TestServerLeavesAmidCalls: calls that wait end with the server.
func TestServerLeavesAmidCalls(t *testing.T) {
	r, s := newCallRig(t)
	p := r.dial()
	p.send(opening(callFrame("/test.Calls/Wait", wrapperspb.String(""), nil)))
	q := r.dial() // and one whose hello is half
	q.send(opening(nil)[:20])
	_, st := r.call("/test.Calls/Echo", wrapperspb.String(""), nil) // those are served by now
	if st.Code() != codes.OK {
		t.Error(st)
	}
	r.hangUp()
	<-s.ended
	for _, p := range []*remote{p, q} {
		if st := p.refusal(); st.Code() != codes.OK && st.Code() != codes.Canceled && st.Code() != codes.Unavailable {
			t.Errorf("told %v", st)
		}
	}
}
