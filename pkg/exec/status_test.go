package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// errorProvider fails every call with one error.
type errorProvider struct {
	exec.SessionProvider
	err error
}

func (p *errorProvider) GetSession(*types.PluginContext, string) (*exec.Session, error) {
	return nil, p.err
}

func (p *errorProvider) CreateSession(*types.PluginContext, exec.SessionOptions) (*exec.Session, error) {
	return nil, p.err
}

func (p *errorProvider) Stream(context.Context, chan exec.StreamInput) (chan exec.StreamOutput, error) {
	return nil, p.err
}

// TestErrorsKeepTheirIdentity walks every code over the wire: errors.Is and
// errors.As say of what the client returns what they say of the provider's
// own.
func TestErrorsKeepTheirIdentity(t *testing.T) {
	leaktest.Check(t)
	p := &errorProvider{}
	path := listen(t, p)
	client := exec.NewPluginClient(dial(t, path))
	plain := execpb.NewExecPluginClient(dial(t, path))
	for _, tc := range []struct {
		err  *exec.ExecSessionError
		code codes.Code
	}{
		{exec.NewSessionNotFoundError("s 1"), codes.NotFound},
		{exec.NewHandlerNotFoundError("a/b", []string{"c/d"}), codes.NotFound},
		{exec.NewSessionClosedError("ü"), codes.FailedPrecondition},
		{exec.NewTerminalError("s", io.ErrUnexpectedEOF), codes.Internal},
		{exec.NewTerminalError("", nil), codes.Internal},
		{exec.NewSessionExistsError("s"), codes.AlreadyExists},
		{exec.ErrSessionClosed, codes.FailedPrecondition},
		{exec.NewTerminalError("s", context.Canceled), codes.Internal},
		{exec.NewTerminalError("s", fmt.Errorf("dial: %w", context.DeadlineExceeded)), codes.Internal},
	} {
		for _, err := range []error{tc.err, fmt.Errorf("wrapped: %w", tc.err)} {
			p.err = err
			_, got := client.GetSession(nil, "asked for")
			checkError(t, got, tc.err)
			_, got = client.CreateSession(nil, exec.SessionOptions{ID: "asked for"})
			checkError(t, got, tc.err)
			_, got = client.Stream(context.Background(), nil)
			checkError(t, got, tc.err)
			_, raw := plain.GetSession(context.Background(), &execpb.GetSessionRequest{})
			if status.Code(raw) != tc.code {
				t.Errorf("%v is %v on the wire, want %v", err, status.Code(raw), tc.code)
			}
			if status.Convert(raw).Message() != err.Error() {
				t.Errorf("message %q on the wire, want %q", status.Convert(raw).Message(), err)
			}
		}
	}
}

func TestErrorTextThatIsNoUTF8(t *testing.T) {
	leaktest.Check(t)
	p := &errorProvider{err: exec.NewTerminalError("i\xffd", &exec.ExecError{Title: "t\xff", Message: "m\xff"})}
	_, err := serve(t, p).GetSession(nil, "s")
	checkError(t, err, terminalError("i\uFFFDd", "m\uFFFD"))
	var rich *exec.ExecError
	if !errors.As(err, &rich) || rich.Title != "t\uFFFD" {
		t.Errorf("ExecError %+v", rich)
	}
}

// TestRepliesAreLarge: larger than gRPC would have them.
func TestRepliesAreLarge(t *testing.T) {
	leaktest.Check(t)
	m, _ := newFakes(t)
	client := serve(t, m)
	for _, id := range []string{"a", "b", "c"} {
		tty(t, m, "start", exec.SessionOptions{ID: id, Labels: map[string]string{"l": strings.Repeat("x", 2<<20)}})
	}
	if list, err := client.ListSessions(nil); err != nil || len(list) != 3 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	id := strings.Repeat("\n", 1<<20)
	_, err := client.GetSession(nil, id)
	if !errors.Is(err, exec.ErrSessionNotFound) || len(err.Error()) > 20<<10 {
		t.Errorf("error %.100v", err)
	}
}

// TestErrorOfContext: a call that its caller gave up says so.
func TestErrorOfContext(t *testing.T) {
	leaktest.Check(t)
	p := &errorProvider{err: context.DeadlineExceeded}
	client := serve(t, p)
	if _, err := client.GetSession(nil, "s"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.GetSession(&types.PluginContext{Context: ctx}, "s"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	p.err = errors.New("something else")
	_, err := client.GetSession(nil, "s")
	var ours *exec.ExecSessionError
	if err == nil || errors.As(err, &ours) || err.Error() != "something else" || status.Code(err) != codes.Internal {
		t.Errorf("error %v", err)
	}
}

// TestErrorsCarryTheirStatus: status.Code says of a client's error what it says
// of the provider's own, and never that there is none.
func TestErrorsCarryTheirStatus(t *testing.T) {
	leaktest.Check(t)
	p := &errorProvider{}
	client := serve(t, p)
	for _, tc := range []struct {
		err  error
		want codes.Code
	}{
		{exec.NewSessionNotFoundError("s"), codes.NotFound},
		{exec.NewHandlerNotFoundError("h", nil), codes.NotFound},
		{exec.NewSessionClosedError("s"), codes.FailedPrecondition},
		{exec.NewTerminalError("s", io.EOF), codes.Internal},
		{exec.NewSessionExistsError("s"), codes.AlreadyExists},
		{&exec.ExecSessionError{Code: 77, Message: "of a newer version"}, codes.Internal},
		{fmt.Errorf("list: %w", status.Error(codes.PermissionDenied, "not you")), codes.PermissionDenied},
		{status.Error(codes.Unavailable, "gone"), codes.Unavailable},
		{io.EOF, codes.Internal},
		{context.Canceled, codes.Canceled},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), codes.DeadlineExceeded},
	} {
		p.err = tc.err
		_, err := client.GetSession(nil, "s")
		if err == nil || status.Code(err) != tc.want {
			t.Errorf("%v became %v of code %v, want %v", tc.err, err, status.Code(err), tc.want)
		}
		if own := (*exec.ExecSessionError)(nil); errors.As(tc.err, &own) && status.Code(tc.err) != tc.want {
			t.Errorf("%v has the code %v itself, want %v", tc.err, status.Code(tc.err), tc.want)
		}
	}
}

// nothingProvider returns neither a result nor an error.
type nothingProvider struct{ exec.Provider }

func (nothingProvider) GetSession(*types.PluginContext, string) (*exec.Session, error) {
	return nil, nil
}

func (nothingProvider) ListSessions(*types.PluginContext) ([]*exec.Session, error) {
	return []*exec.Session{nil}, nil
}

func (nothingProvider) CreateSession(*types.PluginContext, exec.SessionOptions) (*exec.Session, error) {
	return nil, nil
}

func (nothingProvider) AttachSession(*types.PluginContext, string) (*exec.Session, []byte, error) {
	return nil, nil, nil
}

func (nothingProvider) DetachSession(*types.PluginContext, string) (*exec.Session, error) {
	return nil, nil
}

func TestProviderThatReturnsNothing(t *testing.T) {
	leaktest.Check(t)
	client := serve(t, nothingProvider{})
	_, getErr := client.GetSession(nil, "s")
	_, createErr := client.CreateSession(nil, exec.SessionOptions{})
	_, _, attachErr := client.AttachSession(nil, "s")
	_, detachErr := client.DetachSession(nil, "s")
	for _, err := range []error{getErr, createErr, attachErr, detachErr} {
		if status.Code(err) != codes.Internal {
			t.Errorf("error %v", err)
		}
	}
	if list, err := client.ListSessions(nil); err != nil || len(list) != 0 {
		t.Errorf("a list of nothing: %v, %v", list, err)
	}
}

// plainServer answers as existing peers do: a status without details, or a
// response that tells of its failure.
type plainServer struct {
	execpb.UnimplementedExecPluginServer
	err  error
	told string
}

func (s *plainServer) GetSession(context.Context, *execpb.GetSessionRequest) (*execpb.GetSessionResponse, error) {
	return &execpb.GetSessionResponse{Error: s.told}, s.err
}

func (s *plainServer) CreateSession(context.Context, *execpb.SessionOptions) (*execpb.CreateSessionResponse, error) {
	return &execpb.CreateSessionResponse{Error: s.told}, s.err
}

func (s *plainServer) CloseSession(context.Context, *execpb.CloseSessionRequest) (*execpb.CloseSessionResponse, error) {
	return &execpb.CloseSessionResponse{Error: s.told}, s.err
}

func (s *plainServer) ListSessions(context.Context, *emptypb.Empty) (*execpb.ListSessionsResponse, error) {
	return &execpb.ListSessionsResponse{Success: true, Sessions: []*execpb.Session{{Id: "x"}}}, nil
}

func (s *plainServer) AttachSession(context.Context, *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error) {
	return &execpb.AttachSessionResponse{Session: &execpb.Session{Id: "x"}, Buffer: []byte("old")}, nil
}

func TestErrorsOfPlainPeers(t *testing.T) {
	leaktest.Check(t)
	s := &plainServer{}
	client := exec.NewPluginClient(dial(t, listenRaw(t, func(g *grpc.Server) { execpb.RegisterExecPluginServer(g, s) })))
	for _, tc := range []struct {
		code           codes.Code
		get, newHandle error
	}{
		{codes.NotFound, exec.ErrSessionNotFound, exec.ErrHandlerNotFound},
		{codes.FailedPrecondition, exec.ErrSessionClosed, exec.ErrSessionClosed},
		{codes.Internal, exec.ErrTerminalError, exec.ErrTerminalError},
		{codes.AlreadyExists, exec.ErrSessionExists, exec.ErrSessionExists},
	} {
		s.err = status.Error(tc.code, "their words")
		_, err := client.GetSession(nil, "s")
		var ours *exec.ExecSessionError
		if !errors.Is(err, tc.get) || !errors.As(err, &ours) || ours.SessionID != "s" || ours.Message != "their words" {
			t.Errorf("%v became %v (%+v)", tc.code, err, ours)
		}
		if _, err := client.CreateSession(nil, exec.SessionOptions{}); !errors.Is(err, tc.newHandle) {
			t.Errorf("%v of create became %v", tc.code, err)
		}
	}
	// One that sends the text of such an error tells which NotFound it is.
	s.err = status.Error(codes.NotFound, exec.NewSessionNotFoundError("s").Error())
	_, err := client.CreateSession(nil, exec.SessionOptions{ID: "s"})
	checkError(t, err, exec.NewSessionNotFoundError("s"))
	s.err, s.told = nil, "no such thing"
	for _, err := range []error{
		func() error { _, err := client.GetSession(nil, "s"); return err }(),
		func() error { _, err := client.CreateSession(nil, exec.SessionOptions{}); return err }(),
		client.CloseSession(nil, "s"),
	} {
		if err == nil || err.Error() != "the server refused: no such thing" {
			t.Errorf("a response that tells of its failure became %v", err)
		}
	}
}

// Stream opens like an existing peer's: its header goes with the first output.
func (s *plainServer) Stream(st execpb.ExecPlugin_StreamServer) error {
	in, err := st.Recv()
	if err != nil {
		return err
	}
	return st.Send(&execpb.StreamOutput{Id: in.GetId(), Data: in.GetData()})
}

func TestStreamOfPeerThatSendsNoHeader(t *testing.T) {
	leaktest.Check(t)
	client := exec.NewPluginClient(dial(t, listenRaw(t, func(g *grpc.Server) {
		execpb.RegisterExecPluginServer(g, &plainServer{})
	})))
	u := connect(t, client, "u")
	u.typ("s", "back")
	u.out.WaitText(t, "s", "back\n")
	u.out.WaitEnd(t)
}

// TestPeersWithoutOurServices: what xsh adds falls back on the exec service.
func TestPeersWithoutOurServices(t *testing.T) {
	leaktest.Check(t)
	s := &plainServer{}
	client := exec.NewPluginClient(dial(t, listenRaw(t, func(g *grpc.Server) { execpb.RegisterExecPluginServer(g, s) })))
	if all, err := client.ListAll(nil); err != nil || len(all) != 1 || all[0].ID != "x" {
		t.Errorf("ListAll = %v, %v", all, err)
	}
	at, err := client.Attach(nil, "x", exec.AttachOptions{Size: exec.Size{Rows: 24, Cols: 80}})
	if err != nil || string(at.Replay) != "old" || at.Session.ID != "x" {
		t.Errorf("Attach = %+v, %v", at, err)
	}
	if _, err := client.Kill(nil, "x", exec.StreamSignalNone); status.Code(err) != codes.Unimplemented {
		t.Errorf("Kill = %v", err)
	}
}
