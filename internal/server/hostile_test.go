package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// victim is a server with a session that a good client is attached to.
type victim struct {
	*testServer
	t    *testing.T
	good *exec.PluginClient
	in   chan exec.StreamInput
	out  chan exec.StreamOutput
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	leaktest.Check(t)
	v := &victim{testServer: serving(t, testPaths(t), 0), t: t, in: make(chan exec.StreamInput)}
	v.good = exec.NewPluginClient(connect(t, v.paths))
	if _, err := v.good.CreateSession(nil, exec.SessionOptions{ID: "s", ResourcePlugin: "test", ResourceKey: "cat", TTY: true}); err != nil {
		t.Fatal(err)
	}
	me := &types.PluginContext{RequestID: "r", RequesterID: "good"}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	var err error
	if v.out, err = v.good.Stream(types.NewContext(ctx, me), v.in); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.good.AttachSession(me, "s"); err != nil {
		t.Fatal(err)
	}
	return v
}

// unharmed checks that the good client's session works.
func (v *victim) unharmed() {
	v.t.Helper()
	mark := rand.Text()
	v.in <- exec.StreamInput{SessionID: "s", Data: []byte(mark)}
	deadline := time.After(patience)
	for got := ""; !strings.Contains(got, mark); {
		select {
		case o, ok := <-v.out:
			if !ok {
				v.t.Fatalf("the good client's stream ended; the log:\n%s", v.log)
			}
			got += string(o.Data)
		case <-deadline:
			v.t.Fatal("the good client's session does not answer")
		}
	}
	if log := v.log.String(); strings.Contains(log, "panicked") {
		v.t.Errorf("the log tells of a panic:\n%s", log)
	}
}

func TestGarbageOnTheSocket(t *testing.T) {
	v := newVictim(t)
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	random := make([]byte, 64<<10)
	rand.Read(random)
	for _, garbage := range []string{
		"", "\x00", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", string(random), preface, preface + string(random),
		preface + "\xff\xff\xff\x00\x00\x00\x00\x00\x00",                             // a frame of 16 MB
		preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 9), // a DATA frame on no stream
		preface + strings.Repeat("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 10_000),     // settings
	} {
		c, err := net.Dial("unix", v.paths.Socket)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, garbage)
		c.(*net.UnixConn).CloseWrite()
		io.Copy(io.Discard, c)
		c.Close()
	}
	v.unharmed()
}

func TestHugeMessages(t *testing.T) {
	v := newVictim(t)
	conn := connect(t, v.paths)
	client := execpb.NewExecPluginClient(conn)
	ctx := t.Context()
	tooBig := strings.Repeat("x", maxRequest+1)
	if _, err := client.CreateSession(ctx, &execpb.SessionOptions{Id: tooBig}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a message of %d bytes: %.200v", len(tooBig), err)
	}
	for _, id := range []string{strings.Repeat("x", maxRequest-100), strings.Repeat("\x1b\n", 1<<20), strings.Repeat("%", 20_000)} {
		calls := map[string]func() error{
			"get":    func() error { _, err := client.GetSession(ctx, &execpb.GetSessionRequest{Id: id}); return err },
			"attach": func() error { _, err := client.AttachSession(ctx, &execpb.AttachSessionRequest{Id: id}); return err },
			"close":  func() error { _, err := client.CloseSession(ctx, &execpb.CloseSessionRequest{Id: id}); return err },
			"resize": func() error {
				_, err := client.ResizeSession(ctx, &execpb.ResizeSessionRequest{Id: id, Rows: 1, Cols: 1})
				return err
			},
			"create": func() error { _, err := client.CreateSession(ctx, &execpb.SessionOptions{ResourceKey: id}); return err },
			"kill": func() error {
				_, err := xshpb.NewSessionsClient(conn).Kill(ctx, &xshpb.KillRequest{Id: id})
				return err
			},
		}
		for name, call := range calls {
			if err := call(); status.Code(err) != codes.NotFound {
				t.Errorf("%s of an ID of %d bytes: %v %.100v", name, len(id), status.Code(err), err)
			}
		}
	}
	// As an ID of a session that is made, it is refused or works.
	big := strings.Repeat("y", 3<<20)
	_, err := client.CreateSession(ctx, &execpb.SessionOptions{Id: big, Tty: true, ResourcePlugin: "test", ResourceKey: "cat"})
	if err == nil {
		t.Error("a session has an ID of 3 MB")
	}
	v.unharmed()
	if _, err := v.good.ListSessions(nil); err != nil {
		t.Errorf("list: %v", err)
	}
}

func TestAbsurdRequests(t *testing.T) {
	v := newVictim(t)
	conn := connect(t, v.paths)
	client := execpb.NewExecPluginClient(conn)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "omniview-request-id", "r", "omniview-requester-id", "evil",
		"omniview-connection-data", strings.Repeat("[", 10_000))
	for _, o := range []*typespb.AttachOptions{
		{},
		{Size: &typespb.Size{Rows: math.MaxUint32, Cols: math.MaxUint32}},
		{Size: &typespb.Size{Rows: 65535, Cols: 65535}},
		{Size: &typespb.Size{Rows: 0, Cols: 7}},
		{Replay: 99}, {Replay: -1}, {Replay: math.MinInt32},
		{History: math.MinInt32}, {History: math.MaxInt32},
		{ResumeOffset: new(int64)},
		{ResumeOffset: ptr(int64(math.MaxInt64))},
		{ResumeOffset: ptr(int64(math.MinInt64))},
		{ReadOnly: true, Size: &typespb.Size{Rows: 65535, Cols: 65535}, Replay: 1},
	} {
		_, err := client.AttachSession(ctx, &execpb.AttachSessionRequest{Id: "s", Options: o})
		if c := status.Code(err); err != nil && c != codes.Internal {
			t.Errorf("attach %v: %v", o, err)
		}
	}
	for _, size := range [][2]int32{{0, 0}, {-1, -1}, {math.MaxInt32, math.MinInt32}, {65535, 1}, {24, 80}} {
		client.ResizeSession(ctx, &execpb.ResizeSessionRequest{Id: "s", Rows: size[0], Cols: size[1]})
	}
	sessions := xshpb.NewSessionsClient(conn)
	// Those that the handler has no way to send, and those of a newer client: none is
	// taken for the session's end.
	for _, signal := range []execpb.StreamSignal{math.MinInt32, -1, 1, 10, 11, math.MaxInt32} {
		if _, err := sessions.Kill(ctx, &xshpb.KillRequest{Id: "s", Signal: signal}); err == nil {
			t.Errorf("signal %d was sent", signal)
		}
	}
	v.unharmed()
	// What is too much, and what no program could be given.
	none := "\xff\xfe\x00\x1b]0;x\a"
	drivers := xshpb.NewDriverClient(conn)
	for what, call := range map[string]func() error{
		"a search": func() error {
			_, err := drivers.Search(ctx, &xshpb.SearchRequest{Id: "s", Pattern: strings.Repeat("(", 10_000)})
			return err
		},
		"labels": func() error {
			many := make(map[string]string)
			for i := range 10_000 {
				many[fmt.Sprint("k", i)] = "v"
			}
			_, err := drivers.Label(ctx, &xshpb.LabelRequest{Id: "s", Set: many})
			return err
		},
		"a command with a NUL": func() error {
			_, err := client.CreateSession(ctx, &execpb.SessionOptions{
				ResourcePlugin: "test", ResourceKey: "cat", Tty: true, Name: "a\x00b", RawCommand: [][]byte{[]byte(none)},
			})
			return err
		},
	} {
		if err := call(); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if _, err := client.DetachSession(ctx, &execpb.AttachSessionRequest{Id: "s"}); err != nil {
		t.Errorf("detach: %v", err)
	}
	v.unharmed()
}

func ptr[T any](v T) *T { return &v }

// TestUnknownFields: what a newer client sends is passed over.
func TestUnknownFields(t *testing.T) {
	v := newVictim(t)
	conn := connect(t, v.paths)
	unknown := protowire.AppendTag(nil, 5000, protowire.BytesType)
	unknown = protowire.AppendBytes(unknown, []byte("from the future"))
	in := &execpb.GetSessionRequest{Id: "s"}
	in.ProtoReflect().SetUnknown(unknown)
	got, err := execpb.NewExecPluginClient(conn).GetSession(t.Context(), in)
	if err != nil || got.GetSession().GetId() != "s" {
		t.Errorf("get: %v, %v", got, err)
	}
	empty := &emptypb.Empty{}
	empty.ProtoReflect().SetUnknown(unknown)
	getStatus(t, conn)
	if _, err := xshpb.NewServerClient(conn).GetStatus(t.Context(), empty); err != nil {
		t.Errorf("status: %v", err)
	}
	err = conn.Invoke(t.Context(), "/omniview.sdk.exec.v1.ExecPlugin/NoSuchMethod", empty, &emptypb.Empty{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("an unknown method: %v", err)
	}
	v.unharmed()
}

// TestThousandsOfStreams, each of which attaches, as far as a session takes so many,
// and then does not read.
func TestThousandsOfStreams(t *testing.T) {
	v := newVictim(t)
	const streams = 2000
	conn := connect(t, v.paths)
	client := execpb.NewExecPluginClient(conn)
	ctx, cancel := context.WithCancel(t.Context())
	var opening sync.WaitGroup
	for i := range streams {
		ctx := metadata.AppendToOutgoingContext(ctx, "omniview-request-id", "r", "omniview-requester-id", fmt.Sprint("evil ", i%1500))
		opening.Go(func() {
			st, err := client.Stream(ctx)
			if err == nil {
				_, err = st.Header()
			}
			if err == nil {
				_, err = client.AttachSession(ctx, &execpb.AttachSessionRequest{Id: "s"})
			}
			if err != nil && !strings.Contains(err.Error(), "as many clients as it may have") {
				t.Errorf("stream: %v", err)
			}
		})
	}
	opening.Wait()
	v.unharmed()
	cancel()
	conn.Close()
	deadline := time.Now().Add(patience)
	for {
		s, err := v.good.GetSession(nil, "s")
		if err != nil {
			t.Fatal(err)
		}
		if s.Clients == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d clients are attached still", s.Clients)
		}
		time.Sleep(5 * time.Millisecond)
	}
	v.unharmed()
}

// TestConnectionsThatSayNothing hold up nobody.
func TestConnectionsThatSayNothing(t *testing.T) {
	v := newVictim(t)
	for range 200 {
		c, err := net.Dial("unix", v.paths.Socket)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	v.unharmed()
	getStatus(t, connect(t, v.paths))
}
