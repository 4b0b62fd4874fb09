package exec_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// overTheWire encodes a message and decodes it again.
func overTheWire[M proto.Message](t *testing.T, m M) M {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	got := m.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(data, got); err != nil {
		t.Fatalf("decode: %v", err)
	}
	return got
}

var someTime = time.Date(2021, 2, 3, 4, 5, 6, 789, time.UTC)

func fullSession() *exec.Session {
	return &exec.Session{
		CreatedAt: someTime,
		Labels:    map[string]string{"team": "ops", "ü": "é"},
		Params:    map[string]string{"p": ""},
		ID:        "id-1", Command: []string{"sh", "-c", "true"}, Attached: true,
		Name: "work", Handler: "local/shell", Size: exec.Size{Rows: 24, Cols: 65535}, Clients: 3,
		AttachedAt: someTime.Add(time.Second), EndedAt: someTime.Add(time.Hour),
		Exit: &exec.ExitStatus{Code: 137, Signal: "SIGKILL", Message: "connection lost"},
		Attachments: []exec.ClientInfo{{
			Since: someTime, UsedAt: someTime, Size: exec.Size{Rows: 1, Cols: 2}, ReadOnly: true, Leads: true,
			TTY: "/dev/pts/1", PID: 7, Remote: "::1", SilentSince: someTime,
		}},
		Persist: exec.PersistHistory, PersistProblem: "no room", SizePolicy: exec.SizeSmallest, KeepProblem: "no memory",
		RestartWith: []string{"vim", "\xff"}, RestartDir: "/tmp",
		TTL: time.Hour, OnExit: exec.OnExitForget,
	}
}

func TestConvertSession(t *testing.T) {
	for _, want := range []*exec.Session{fullSession(), {}, {ID: "only"}, {Exit: &exec.ExitStatus{}}} {
		got := exec.NewSessionFromProto(overTheWire(t, want.ToProto()))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("session changed (-want +got):\n%s", diff)
		}
	}
	if got := exec.NewSessionFromProto(nil); got != nil {
		t.Errorf("nil became %v", got)
	}
}

func TestConvertSessionOptions(t *testing.T) {
	want := &exec.SessionOptions{
		Params: map[string]string{"a": "b"}, Labels: map[string]string{"l": "v"},
		ID: "id", ResourcePlugin: "local", ResourceKey: "shell",
		ResourceData: map[string]any{
			"dir": "/tmp", "n": 1.5, "yes": true, "none": nil,
			"env": []any{"A=1", "B=2"}, "deep": map[string]any{"x": []any{map[string]any{}}},
		},
		Command: []string{"ls", ""}, TTY: true,
		Name: "n", NameHint: "hint", Size: exec.Size{Rows: 1, Cols: 2}, Persist: exec.PersistSession, SizePolicy: exec.SizeFixed,
		TTL: 90 * time.Second, OnExit: exec.OnExitRespawn,
	}
	for _, want := range []*exec.SessionOptions{want, {}, {ResourceData: map[string]any{}}} {
		p, err := want.ToProto()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, exec.NewSessionOptionsFromProto(overTheWire(t, p))); diff != "" {
			t.Errorf("options changed (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(&exec.SessionOptions{}, exec.NewSessionOptionsFromProto(nil)); diff != "" {
		t.Errorf("nil options: %s", diff)
	}
}

// TestConvertResourceData: what JSON has a form for crosses the wire, whatever
// Go type it has.
func TestConvertResourceData(t *testing.T) {
	type point struct {
		X int `json:"x"`
	}
	o := exec.SessionOptions{ResourceData: map[string]any{
		"strings": []string{"a", "b"}, "map": map[string]string{"k": "v"}, "struct": point{3}, "int8": int8(4),
	}}
	p, err := o.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"strings": []any{"a", "b"}, "map": map[string]any{"k": "v"}, "struct": map[string]any{"x": 3.0}, "int8": 4.0,
	}
	if diff := cmp.Diff(want, exec.NewSessionOptionsFromProto(overTheWire(t, p)).ResourceData); diff != "" {
		t.Errorf("resource data (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]any{"a channel": make(chan int), "a function": func() {}} {
		o := exec.SessionOptions{ResourceData: map[string]any{"x": bad}}
		if _, err := o.ToProto(); err == nil {
			t.Errorf("%s was converted", name)
		}
	}
}

func TestConvertStreamInput(t *testing.T) {
	want := exec.StreamInput{SessionID: "s", Data: []byte{0, 0xff, '\x1b'}}
	if diff := cmp.Diff(want, exec.NewStreamInputFromProto(overTheWire(t, want.ToProto()))); diff != "" {
		t.Errorf("input changed: %s", diff)
	}
}

func TestConvertStreamOutput(t *testing.T) {
	for _, want := range []exec.StreamOutput{
		{SessionID: "s", Data: []byte("\xff\x00"), Target: exec.StreamTargetStdErr, Offset: 1 << 40},
		{SessionID: "s", Signal: exec.StreamSignalClose, Exit: &exec.ExitStatus{Code: -1}},
		{SessionID: "s", Signal: exec.StreamSignalClose, Detached: true, MoveTo: "other"},
		{SessionID: "s", Signal: exec.StreamSignalClose, AnswersDue: true},
		{SessionID: "s", Signal: exec.StreamSignalError, Error: &exec.StreamError{
			Title: "t", Message: "m", Suggestion: "s", Retryable: true, RetryCommands: []string{"a", "b c"},
		}},
		{},
	} {
		if diff := cmp.Diff(want, exec.NewStreamOutputFromProto(overTheWire(t, want.ToProto()))); diff != "" {
			t.Errorf("output changed (-want +got):\n%s", diff)
		}
	}
	if got := exec.NewStreamErrorFromProto(nil); got != nil {
		t.Errorf("a nil error became %v", got)
	}
}

func TestConvertSignals(t *testing.T) {
	for s := exec.StreamSignalNone; s <= exec.StreamSignalError; s++ {
		p := s.ToProto()
		if got := exec.NewStreamSignalFromProto(p); got != s {
			t.Errorf("%v became %v", s, got)
		}
		if want := "STREAM_SIGNAL_" + s.String(); p.String() != want {
			t.Errorf("%v is %v on the wire, want %s", s, p, want)
		}
	}
	for _, unknown := range []execpb.StreamSignal{-1, 11, math.MaxInt32, math.MinInt32} {
		if got := exec.NewStreamSignalFromProto(unknown); got != exec.StreamSignalNone {
			t.Errorf("signal %d became %v", unknown, got)
		}
		if got := exec.StreamSignal(unknown).ToProto(); got != execpb.StreamSignal_STREAM_SIGNAL_NONE {
			t.Errorf("StreamSignal(%d) became %v", unknown, got)
		}
	}
	if exec.StreamSignal(99).String() == "" || exec.StreamTarget(99).String() == "" {
		t.Error("an unknown value has no text")
	}
}

func TestConvertResize(t *testing.T) {
	want := exec.StreamResize{SessionID: "s", Rows: 50, Cols: 65535}
	got, err := exec.NewStreamResizeFromProto(overTheWire(t, want.ToProto()))
	if err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []*execpb.ResizeSessionRequest{
		{Rows: 0, Cols: 80}, {Rows: 24, Cols: 0}, {Rows: -1, Cols: 80}, {Rows: 24, Cols: 65536}, {Rows: math.MaxInt32, Cols: 1}, nil,
	} {
		if got, err := exec.NewStreamResizeFromProto(bad); err == nil {
			t.Errorf("%v became %v", bad, got)
		}
	}
}

func TestConvertHandler(t *testing.T) {
	want := exec.Handler{
		Plugin: "kube", Resource: "pod",
		TargetBuilder: exec.ActionTargetBuilder{
			Label: "Container", LabelSelector: "x", Paths: []string{"a", "b"}, Selectors: map[string]string{"k": "v"},
		},
		DefaultCommand: []string{"sh"},
	}
	if diff := cmp.Diff(want, exec.HandlerFromProto(overTheWire(t, want.ToProto()))); diff != "" {
		t.Errorf("handler changed: %s", diff)
	}
	if diff := cmp.Diff(exec.Handler{}, exec.HandlerFromProto(nil)); diff != "" {
		t.Errorf("nil handler: %s", diff)
	}
}

// TestConvertTextThatIsNoUTF8: a message with such a string cannot be encoded
// at all; one session's odd label must not make all of them unlistable, nor
// a handler's odd error end a client's stream.
func TestConvertTextThatIsNoUTF8(t *testing.T) {
	const odd = "a\xffb"
	odds := []string{odd}
	oddMap := map[string]string{odd: odd}
	s := fullSession()
	s.Labels, s.Params, s.Command, s.Handler = oddMap, oddMap, odds, odd
	s.Exit = &exec.ExitStatus{Message: odd, Signal: odd}
	if got := exec.NewSessionFromProto(overTheWire(t, s.ToProto())); got.Command[0] != odd || got.Labels["a\uFFFDb"] == "" {
		t.Errorf("command %q, labels %q", got.Command, got.Labels)
	}
	out := exec.StreamOutput{SessionID: "s", Exit: s.Exit, Error: &exec.StreamError{
		Title: odd, Message: odd, Suggestion: odd, RetryCommands: odds,
	}}
	if got := exec.NewStreamOutputFromProto(overTheWire(t, out.ToProto())); got.Error.Message != "a\uFFFDb" {
		t.Errorf("message %q", got.Error.Message)
	}
	h := exec.Handler{Plugin: odd, Resource: odd, DefaultCommand: odds, TargetBuilder: exec.ActionTargetBuilder{
		Label: odd, LabelSelector: odd, Paths: odds, Selectors: oddMap,
	}}
	overTheWire(t, h.ToProto())
}

func TestConvertAttachOptions(t *testing.T) {
	for _, want := range []exec.AttachOptions{{}, {
		Size: exec.Size{Rows: 1, Cols: 2}, TTY: "/dev/pts/1", PID: 7, Remote: "192.0.2.7", Terminal: "t",
		Resume: true, Client: "c", Replay: exec.ReplayRaw, History: -1,
	}} {
		if diff := cmp.Diff(want, exec.AttachOptionsFromProto(overTheWire(t, want.ToProto()))); diff != "" {
			t.Errorf("options changed (-want +got):\n%s", diff)
		}
	}
}
