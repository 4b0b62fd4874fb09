package exec

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

func TestSignalNames(t *testing.T) {
	for name, want := range map[string]syscall.Signal{
		"TERM": unix.SIGTERM, "SIGTERM": unix.SIGTERM, "sigterm": unix.SIGTERM, "15": unix.SIGTERM,
		"winch": unix.SIGWINCH, "TRAP": unix.SIGTRAP,
	} {
		if got, err := SignalNumber(name); err != nil || got != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "0", "-1", "+", "999", "SIG", "SIGSIGTERM", "NOSUCH", "RTMIN+", "RTMIN1", "RTMIN-1", "RTMAX+1", "CLOSE", "ERROR"} {
		if got, err := SignalNumber(name); err == nil {
			t.Errorf("%q is %v", name, got)
		}
	}
	for _, name := range SignalNames() {
		n, err := SignalNumber(name)
		if err != nil || SignalName(n) != name {
			t.Errorf("%s: %v is %s, %v", name, n, SignalName(n), err)
		}
	}
}

// TestUnknownSignalIsRefused: a newer client's signal is no reason to end the
// session, as no signal at all is.
func TestUnknownSignalIsRefused(t *testing.T) {
	m := NewManager(ManagerConfig{})
	defer m.Close()
	server := &PluginServer{Impl: m}
	for _, number := range []execpb.StreamSignal{11, 99, -1} {
		_, err := server.Kill(context.Background(), &xshpb.KillRequest{Id: "s", Signal: number})
		if status.Code(err) != codes.Internal {
			t.Errorf("%d: %v", number, err)
		}
	}
	s := &session{id: "s", m: m, made: made{handler: Handler{Signal: func(_ *types.PluginContext, _ string, signal StreamSignal) error {
		t.Errorf("the handler was asked for %v", signal)
		return nil
	}}}}
	for _, signal := range []StreamSignal{-1, StreamSignal(len(signalNames)), 99} {
		if _, err := s.signal(nil, signal); err == nil {
			t.Errorf("%d was sent", signal)
		}
	}
}

func TestIDsHaveAGrammar(t *testing.T) {
	for _, id := range []string{"a", "0123-456", "6f1f0a2e-9f0e-4a52-8d1c-2f5a6c1f2b3d", "ns/pod:1", "a.b_c@d+e=f", strings.Repeat("x", 256)} {
		if err := CheckID(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", "-a", "a b", "a\x1b[31m", "a\n", "\u202eab", "a\u0085", "\xff", strings.Repeat("x", 257)} {
		if CheckID(id) == nil {
			t.Errorf("%q is taken", id)
		}
	}
	m := NewManager(ManagerConfig{Handlers: map[string]Handler{"h": {Resource: "h", CommandHandler: nil}}})
	defer m.Close()
	if _, err := m.CreateSession(nil, SessionOptions{ResourceKey: "h", ID: "\x1b]0;x\a"}); err == nil {
		t.Error("a session with control characters in its ID was made")
	}
}
