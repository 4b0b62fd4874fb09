package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

func TestCalls(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	var calls []*xshpb.Call
	s.call = func(c *xshpb.Call, reply func(proto.Message)) error {
		calls = append(calls, c)
		switch c.GetMethod() {
		case "/xsh.v1.Server/GetStatus":
			reply(&xshpb.ServerStatus{Version: "v7", Sessions: 3})
			return nil
		case execpb.ExecPlugin_GetSession_FullMethodName:
			return exec.Status(exec.NewSessionNotFoundError("gone"))
		}
		return status.Error(codes.Unimplemented, "no such call")
	}
	var greeted []string
	c := New(Config{Dial: s.dialer(nil), Release: "v1", Greeted: func(release string) { greeted = append(greeted, release) }})
	defer c.Close()
	for range 2 {
		if st, err := c.Status(t.Context()); err != nil || st.Version != "v7" || st.Sessions != 3 {
			t.Fatalf("Status = %+v, %v", st, err)
		}
	}
	if fmt.Sprint(greeted) != "[v1]" {
		t.Errorf("greeted %v", greeted)
	}
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "key", "a", "key", "b", "raw-bin", "\xff"), patience)
	defer cancel()
	var gone *exec.ExecSessionError
	_, err := c.GetSession(&types.PluginContext{Context: ctx}, "gone")
	if !errors.As(err, &gone) || !errors.Is(err, exec.ErrSessionNotFound) || gone.SessionID != "gone" {
		t.Errorf("GetSession = %v", err)
	}
	last := calls[len(calls)-1]
	if md := last.GetMetadata(); md["key"] != "a,b" || md["raw-bin"] != "/w" || last.GetTimeoutMs() <= 0 {
		t.Errorf("called with %v", last)
	}
}

func TestCallsThatFail(t *testing.T) {
	leaktest.Check(t)
	call := func(ctx context.Context, c *Client) error {
		defer c.Close()
		_, err := c.Status(ctx)
		return err
	}
	s := newFakeServer(t)
	s.call = func(*xshpb.Call, func(proto.Message)) error { return nil }
	if err := call(t.Context(), newTestClient(s)); status.Code(err) != codes.Internal {
		t.Errorf("no answer in the answer: %v", err)
	}

	s = newFakeServer(t)
	s.greet = func(conn net.Conn) bool {
		conn.Write([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0})
		return false
	}
	if err := call(t.Context(), newTestClient(s)); !errors.Is(err, ErrOldServer) {
		t.Errorf("an older server: %v", err)
	}

	s = newFakeServer(t)
	s.greet = func(net.Conn) bool { return false }
	if err := call(t.Context(), newTestClient(s)); !errors.Is(err, ErrNoServer) {
		t.Errorf("a server that leaves: %v", err)
	}

	s = newFakeServer(t)
	waits, hold := make(chan struct{}), make(chan struct{})
	s.greet = func(net.Conn) bool { close(waits); <-hold; return false }
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-waits
		cancel()
	}()
	var wait *WaitError
	if err := call(ctx, newTestClient(s)); !errors.As(err, &wait) || !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends: %v", err)
	}
	close(hold)

	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if _, err := Dial(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, ErrNoServer) {
		t.Errorf("no server: %v", err)
	}
}

// TestCrowdedSocket: a server that takes no connections is one that does not
// answer, not one that is not there.
func TestCrowdedSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a crowded socket refuses as one does on which nobody listens")
	}
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		defer unix.Close(fd)
		err = errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: socket}), unix.Listen(fd, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for {
		conn, err := DialSocket(socket)(ctx)
		if err == nil {
			defer conn.Close()
			continue
		}
		var wait *WaitError
		if !errors.As(err, &wait) || errors.Is(err, ErrNoServer) {
			t.Errorf("Dial = %v", err)
		}
		return
	}
}

// TestSpareThatBroke: a server that left after it was dialled is dialled again.
func TestSpareThatBroke(t *testing.T) {
	s := newFakeServer(t)
	s.call = func(_ *xshpb.Call, reply func(proto.Message)) error {
		reply(&xshpb.ServerStatus{Version: "v7"})
		return nil
	}
	dials := 0
	dial := s.dialer(nil)
	c := New(Config{Dial: func(ctx context.Context) (net.Conn, error) {
		if dials++; dials > 1 {
			return dial(ctx)
		}
		ours, theirs := socketPair(t)
		theirs.Close()
		return ours, nil
	}})
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err := c.Status(t.Context()); err != nil || st.Version != "v7" || dials != 2 {
		t.Errorf("Status = %+v, %v, with %d dials", st, err, dials)
	}
}

func TestStreamOfReplies(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.call = func(_ *xshpb.Call, reply func(proto.Message)) error {
		reply(&xshpb.StopResponse{Sessions: 1})
		reply(&xshpb.StopResponse{Sessions: 2})
		return status.Error(codes.Aborted, "enough")
	}
	c := NewConn(s.dialer(nil), "")
	defer c.Close()
	desc := &execpb.ExecPlugin_ServiceDesc.Streams[0]
	if _, err := c.NewStream(t.Context(), desc, execpb.ExecPlugin_Stream_FullMethodName); status.Code(err) != codes.Unimplemented {
		t.Errorf("a stream both ways: %v", err)
	}
	down := *desc
	down.ClientStreams = false
	r, err := c.NewStream(t.Context(), &down, "/test/Down")
	if err == nil {
		err = errors.Join(r.SendMsg(&emptypb.Empty{}), r.CloseSend())
	}
	if err != nil {
		t.Fatal(err)
	}
	for want := int32(1); want <= 2; want++ {
		m := &xshpb.StopResponse{}
		if err := r.RecvMsg(m); err != nil || m.GetSessions() != want {
			t.Errorf("reply %d: %v, %v", want, m, err)
		}
	}
	for range 2 {
		if err := r.RecvMsg(&xshpb.StopResponse{}); status.Code(err) != codes.Aborted {
			t.Errorf("the end: %v", err)
		}
	}
}
