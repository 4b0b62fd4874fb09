package exec_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	commonpb "github.com/xsh-project/xsh/proto/omniview/sdk/common/v1"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	lifecyclepb "github.com/xsh-project/xsh/proto/omniview/sdk/lifecycle/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// wireContract is what existing hosts and plugins speak: for each message its
// fields below 100, in order.
var wireContract = map[string]string{
	"omniview.sdk.common.v1.ActionTargetBuilder": "1 label: string · 2 label_selector: string · 3 paths: repeated string · 4 selectors: map<string,string>",

	"omniview.sdk.exec.v1.Session":        "1 id: string · 2 attached: bool · 3 command: repeated string · 4 params: map<string,string> · 5 labels: map<string,string> · 6 created_at: google.protobuf.Timestamp",
	"omniview.sdk.exec.v1.SessionOptions": "1 id: string · 2 command: repeated string · 3 tty: bool · 4 params: map<string,string> · 5 labels: map<string,string> · 6 resource_plugin: string · 7 resource_key: string · 8 resource_data: google.protobuf.Struct",
	"omniview.sdk.exec.v1.ExecHandler":    "1 plugin: string · 2 resource: string · 3 target_builder: omniview.sdk.common.v1.ActionTargetBuilder · 4 default_command: repeated string",

	"omniview.sdk.exec.v1.GetSupportedResourcesResponse": "1 handlers: repeated omniview.sdk.exec.v1.ExecHandler",
	"omniview.sdk.exec.v1.CreateSessionResponse":         "1 session: omniview.sdk.exec.v1.Session · 2 success: bool · 3 error: string",
	"omniview.sdk.exec.v1.GetSessionResponse":            "1 session: omniview.sdk.exec.v1.Session · 2 success: bool · 3 error: string",
	"omniview.sdk.exec.v1.ListSessionsResponse":          "1 sessions: repeated omniview.sdk.exec.v1.Session · 2 success: bool · 3 error: string",
	"omniview.sdk.exec.v1.GetSessionRequest":             "1 id: string",
	"omniview.sdk.exec.v1.AttachSessionRequest":          "1 id: string",
	"omniview.sdk.exec.v1.CloseSessionRequest":           "1 id: string",
	"omniview.sdk.exec.v1.AttachSessionResponse":         "1 session: omniview.sdk.exec.v1.Session · 2 buffer: bytes",
	"omniview.sdk.exec.v1.CloseSessionResponse":          "1 success: bool · 2 error: string",
	"omniview.sdk.exec.v1.ResizeSessionResponse":         "1 success: bool · 2 error: string",
	"omniview.sdk.exec.v1.ResizeSessionRequest":          "1 id: string · 2 rows: int32 · 3 cols: int32",
	"omniview.sdk.exec.v1.StreamInput":                   "1 id: string · 2 data: bytes",
	"omniview.sdk.exec.v1.StreamOutput":                  "1 id: string · 2 target: omniview.sdk.exec.v1.StreamOutput.Target · 3 data: bytes · 4 signal: omniview.sdk.exec.v1.StreamSignal · 5 error: omniview.sdk.exec.v1.StreamError",
	"omniview.sdk.exec.v1.StreamError":                   "1 title: string · 2 message: string · 3 suggestion: string · 4 retryable: bool · 5 retry_commands: repeated string",

	"omniview.sdk.lifecycle.v1.GetInfoResponse":         "1 plugin_id: string · 2 version: string · 3 sdk_protocol_version: int32",
	"omniview.sdk.lifecycle.v1.GetCapabilitiesResponse": "1 capabilities: repeated string",
	"omniview.sdk.lifecycle.v1.HealthCheckResponse":     "1 status: omniview.sdk.lifecycle.v1.ServingStatus",
}

var wireEnums = map[string]string{
	"omniview.sdk.exec.v1.StreamOutput.Target": "STDOUT 0, STDERR 1",
	"omniview.sdk.exec.v1.StreamSignal": "STREAM_SIGNAL_NONE 0, STREAM_SIGNAL_CLOSE 1, STREAM_SIGNAL_SIGINT 2, STREAM_SIGNAL_SIGQUIT 3, " +
		"STREAM_SIGNAL_SIGTERM 4, STREAM_SIGNAL_SIGKILL 5, STREAM_SIGNAL_SIGHUP 6, STREAM_SIGNAL_SIGUSR1 7, " +
		"STREAM_SIGNAL_SIGUSR2 8, STREAM_SIGNAL_SIGWINCH 9, STREAM_SIGNAL_ERROR 10",
	"omniview.sdk.lifecycle.v1.ServingStatus": "SERVING_STATUS_UNKNOWN 0, SERVING_STATUS_SERVING 1, SERVING_STATUS_NOT_SERVING 2",
}

var wireServices = map[string]string{
	"omniview.sdk.exec.v1.ExecPlugin": "GetSupportedResources Empty GetSupportedResourcesResponse · " +
		"GetSession GetSessionRequest GetSessionResponse · " +
		"ListSessions Empty ListSessionsResponse · " +
		"CreateSession SessionOptions CreateSessionResponse · " +
		"AttachSession AttachSessionRequest AttachSessionResponse · " +
		"DetachSession AttachSessionRequest AttachSessionResponse · " +
		"CloseSession CloseSessionRequest CloseSessionResponse · " +
		"ResizeSession ResizeSessionRequest ResizeSessionResponse · " +
		"Stream stream StreamInput stream StreamOutput",
	"omniview.sdk.lifecycle.v1.PluginLifecycle": "GetInfo Empty GetInfoResponse · " +
		"GetCapabilities Empty GetCapabilitiesResponse · HealthCheck Empty HealthCheckResponse",
}

// firstOwn is the least number that a field of ours may have in a message that
// others know.
const firstOwn = 100

func TestWireContract(t *testing.T) {
	messages, enums, services := map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range []protoreflect.FileDescriptor{
		commonpb.File_omniview_sdk_common_v1_common_proto,
		execpb.File_omniview_sdk_exec_v1_exec_proto,
		lifecyclepb.File_omniview_sdk_lifecycle_v1_lifecycle_proto,
	} {
		if f.Syntax() != protoreflect.Proto3 {
			t.Errorf("%s is %v", f.Path(), f.Syntax())
		}
		describeMessages(t, f.Messages(), messages, enums)
		describeEnums(f.Enums(), enums)
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			services[string(s.FullName())] = describeService(s)
		}
	}
	compare(t, "message", messages, wireContract)
	compare(t, "enum", enums, wireEnums)
	compare(t, "service", services, wireServices)
}

// killProvider remembers whether it was asked to kill.
type killProvider struct {
	exec.SessionProvider
	asked bool
}

func (p *killProvider) Kill(*types.PluginContext, string, exec.StreamSignal) (*exec.Session, error) {
	p.asked = true
	return &exec.Session{}, nil
}

// TestUnknownSignalOnTheWire: a newer client's signal reaches no provider as
// another one.
func TestUnknownSignalOnTheWire(t *testing.T) {
	leaktest.Check(t)
	p := &killProvider{}
	client := xshpb.NewSessionsClient(dial(t, listen(t, p)))
	for _, unknown := range []execpb.StreamSignal{-1, 11, 1 << 30} {
		_, err := client.Kill(context.Background(), &xshpb.KillRequest{Id: "s", Signal: unknown})
		if status.Code(err) != codes.Internal || p.asked {
			t.Errorf("signal %d: %v, the provider was asked: %v", unknown, err, p.asked)
		}
	}
}

// TestUnknownReplayOnTheWire: nor does a kind of replay, and a client cannot ask
// for what is the plain contract's alone.
func TestUnknownReplayOnTheWire(t *testing.T) {
	leaktest.Check(t)
	m, _ := newFakes(t)
	tty(t, m, "start", exec.SessionOptions{ID: "s"})
	client := execpb.NewExecPluginClient(dial(t, listen(t, m)))
	for _, unknown := range []typespb.Replay{-1, 3, 1 << 30} {
		_, err := client.AttachSession(context.Background(), &execpb.AttachSessionRequest{
			Id: "s", Options: &typespb.AttachOptions{Replay: unknown},
		})
		if status.Code(err) != codes.Internal {
			t.Errorf("replay %d: %v", unknown, err)
		}
	}
	if s, err := m.GetSession(nil, "s"); err != nil || s.Attached {
		t.Errorf("attached all the same: %+v, %v", s, err)
	}
}

func compare(t *testing.T, kind string, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s %s\n is   %s\n want %s", kind, name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s %s is not in the contract", kind, name)
		}
	}
}

func describeMessages(t *testing.T, all protoreflect.MessageDescriptors, messages, enums map[string]string) {
	for i := range all.Len() {
		m := all.Get(i)
		if m.IsMapEntry() {
			continue
		}
		messages[string(m.FullName())] = describeFields(t, m)
		describeEnums(m.Enums(), enums)
		describeMessages(t, m.Messages(), messages, enums)
		if m.Oneofs().Len() > 0 || m.ExtensionRanges().Len() > 0 {
			t.Errorf("%s has a oneof or extensions", m.FullName())
		}
	}
}

func describeFields(t *testing.T, m protoreflect.MessageDescriptor) string {
	var fields []string
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if f.Number() >= firstOwn {
			continue // ours
		}
		if f.HasPresence() && f.Kind() != protoreflect.MessageKind {
			t.Errorf("%s has presence", f.FullName())
		}
		fields = append(fields, fmt.Sprintf("%d %s: %s", f.Number(), f.Name(), fieldType(f)))
	}
	return strings.Join(fields, " · ")
}

func fieldType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map<%s,%s>", f.MapKey().Kind(), f.MapValue().Kind())
	case f.IsList():
		return "repeated " + kindName(f)
	default:
		return kindName(f)
	}
}

func kindName(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return string(f.Message().FullName())
	case protoreflect.EnumKind:
		return string(f.Enum().FullName())
	default:
		return f.Kind().String()
	}
}

func describeEnums(all protoreflect.EnumDescriptors, enums map[string]string) {
	for i := range all.Len() {
		e := all.Get(i)
		var values []string
		for j := range e.Values().Len() {
			values = append(values, fmt.Sprintf("%s %d", e.Values().Get(j).Name(), e.Values().Get(j).Number()))
		}
		enums[string(e.FullName())] = strings.Join(values, ", ")
	}
}

func describeService(s protoreflect.ServiceDescriptor) string {
	stream := map[bool]string{true: "stream "}
	var methods []string
	for i := range s.Methods().Len() {
		m := s.Methods().Get(i)
		methods = append(methods, fmt.Sprintf("%s %s%s %s%s", m.Name(),
			stream[m.IsStreamingClient()], m.Input().Name(), stream[m.IsStreamingServer()], m.Output().Name()))
	}
	return strings.Join(methods, " · ")
}
