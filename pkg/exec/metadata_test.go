package exec_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// contextProvider remembers the context of each request.
type contextProvider struct {
	exec.Provider
	got chan *types.PluginContext
}

func (p *contextProvider) ListSessions(c *types.PluginContext) ([]*exec.Session, error) {
	p.got <- c
	return nil, nil
}

func (p *contextProvider) CreateSession(c *types.PluginContext, _ exec.SessionOptions) (*exec.Session, error) {
	p.got <- c
	return &exec.Session{}, nil
}

func (p *contextProvider) Stream(ctx context.Context, _ chan exec.StreamInput) (chan exec.StreamOutput, error) {
	p.got <- types.FromContext(ctx)
	out := make(chan exec.StreamOutput)
	close(out)
	return out, nil
}

func TestContextCrossesTheWire(t *testing.T) {
	leaktest.Check(t)
	p := &contextProvider{got: make(chan *types.PluginContext, 1)}
	client := serve(t, p)
	for _, tc := range []struct {
		name      string
		sent, got *types.PluginContext
	}{
		{"nothing", nil, &types.PluginContext{}},
		{"an empty one", &types.PluginContext{}, &types.PluginContext{}},
		{"requester without a request ID", &types.PluginContext{RequesterID: "me"}, &types.PluginContext{RequesterID: "me"}},
		{"everything", &types.PluginContext{
			RequestID: "r-1", RequesterID: "me",
			Connection: &types.Connection{ID: "cluster", Data: map[string]any{
				"n": 1.5, "yes": true, "none": nil, "list": []any{"a", map[string]any{}}, "text": `quo"ted\ `,
			}},
			ResourceContext: &types.ResourceContext{Key: "core::v1::Pod"},
		}, nil},
		{"connection data that is not ASCII", &types.PluginContext{
			RequestID:  "r-2",
			Connection: &types.Connection{ID: "c", Data: map[string]any{"ключ": "zażółć 😀\x00\x1b\x7f\n<&>", "": " "}},
		}, nil},
		{"connection data alone", &types.PluginContext{
			RequestID: "r-3", Connection: &types.Connection{Data: map[string]any{"k": "v"}},
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := tc.got
			if want == nil {
				want = tc.sent
			}
			if _, err := client.ListSessions(tc.sent); err != nil {
				t.Fatalf("call: %v", err)
			}
			check := func(got *types.PluginContext) {
				t.Helper()
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(types.PluginContext{}, "Context")); diff != "" {
					t.Errorf("context (-want +got):\n%s", diff)
				}
				if got.Ctx() == context.Background() {
					t.Error("the request's life is lost")
				}
			}
			check(<-p.got)
			out, err := client.Stream(types.NewContext(context.Background(), tc.sent), nil)
			if err != nil {
				t.Fatalf("stream: %v", err)
			}
			check(<-p.got)
			for range out {
			}
		})
	}
}

// TestContextOfOldPeers: what another implementation may send.
func TestContextOfOldPeers(t *testing.T) {
	leaktest.Check(t)
	p := &contextProvider{got: make(chan *types.PluginContext, 1)}
	client := execpb.NewExecPluginClient(dial(t, listen(t, p)))
	for _, tc := range []struct {
		name  string
		pairs []string
		want  *types.PluginContext
	}{
		{"no request ID means no context", []string{"omniview-requester-id", "me"}, &types.PluginContext{}},
		{"data that is no JSON", []string{"omniview-request-id", "r", "omniview-connection-id", "c", "omniview-connection-data", "{oops"},
			&types.PluginContext{RequestID: "r", Connection: &types.Connection{ID: "c"}}},
		{"data that is no object", []string{"omniview-request-id", "r", "omniview-connection-data", "[1]"},
			&types.PluginContext{RequestID: "r", Connection: &types.Connection{}}},
		{"values twice", []string{"omniview-request-id", "r", "omniview-request-id", "s", "omniview-resource-key", "k"},
			&types.PluginContext{RequestID: "r", ResourceContext: &types.ResourceContext{Key: "k"}}},
	} {
		ctx := metadata.AppendToOutgoingContext(context.Background(), tc.pairs...)
		if _, err := client.ListSessions(ctx, &emptypb.Empty{}); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, <-p.got, cmpopts.IgnoreFields(types.PluginContext{}, "Context")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// metadataServer remembers the metadata of each request.
type metadataServer struct {
	execpb.UnimplementedExecPluginServer
	got chan metadata.MD
}

func (s *metadataServer) ListSessions(ctx context.Context, _ *emptypb.Empty) (*execpb.ListSessionsResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	s.got <- md
	return &execpb.ListSessionsResponse{Success: true}, nil
}

func (s *metadataServer) CreateSession(ctx context.Context, _ *execpb.SessionOptions) (*execpb.CreateSessionResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	s.got <- md
	return &execpb.CreateSessionResponse{Success: true, Session: &execpb.Session{Id: "s"}}, nil
}

// TestCreateSendsNoRequestID: a plugin of the wire contract ends a session whose
// create call had one. All else of the context is sent.
func TestCreateSendsNoRequestID(t *testing.T) {
	leaktest.Check(t)
	s := &metadataServer{got: make(chan metadata.MD, 1)}
	client := exec.NewPluginClient(dial(t, listenRaw(t, func(g *grpc.Server) { execpb.RegisterExecPluginServer(g, s) })))
	for _, c := range []*types.PluginContext{nil, by("me")} {
		if _, err := client.CreateSession(c, exec.SessionOptions{}); err != nil {
			t.Fatal(err)
		}
		got := <-s.got
		if ids := got.Get("omniview-request-id"); len(ids) != 0 {
			t.Errorf("the request ID %q was sent", ids)
		}
		if who := got.Get("omniview-requester-id"); c != nil && (len(who) != 1 || who[0] != "me") {
			t.Errorf("the requester is %q", who)
		}
	}
}

// TestCreateContextCrossesTheWire: a server of ours is told the whole context of
// CreateSession as well.
func TestCreateContextCrossesTheWire(t *testing.T) {
	leaktest.Check(t)
	p := &contextProvider{got: make(chan *types.PluginContext, 1)}
	want := by("me")
	want.Connection = &types.Connection{ID: "cluster"}
	if _, err := serve(t, p).CreateSession(want, exec.SessionOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, <-p.got, cmpopts.IgnoreFields(types.PluginContext{}, "Context")); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
}

// TestMetadataOnTheWire holds the keys against the contract.
func TestMetadataOnTheWire(t *testing.T) {
	leaktest.Check(t)
	s := &metadataServer{got: make(chan metadata.MD, 1)}
	client := exec.NewPluginClient(dial(t, listenRaw(t, func(g *grpc.Server) { execpb.RegisterExecPluginServer(g, s) })))
	if _, err := client.ListSessions(&types.PluginContext{
		RequestID: "r", RequesterID: "me",
		Connection:      &types.Connection{ID: "c", Data: map[string]any{"ü": "<\x7f>"}},
		ResourceContext: &types.ResourceContext{Key: "k"},
	}); err != nil {
		t.Fatal(err)
	}
	got := <-s.got
	for key, want := range map[string]string{
		"omniview-request-id":       "r",
		"omniview-requester-id":     "me",
		"omniview-connection-id":    "c",
		"omniview-connection-data":  `{"\u00fc":"\u003c\u007f\u003e"}`,
		"omniview-resource-key":     "k",
		"omniview-protocol-version": "2",
	} {
		if v := got.Get(key); len(v) != 1 || v[0] != want {
			t.Errorf("%s is %q, want %q", key, v, want)
		}
	}
	if _, err := client.ListSessions(nil); err != nil {
		t.Fatal(err)
	}
	if got := <-s.got; len(got.Get("omniview-request-id")) != 0 || got.Get("omniview-protocol-version")[0] != "2" {
		t.Errorf("without a context: %v", got)
	}
}
