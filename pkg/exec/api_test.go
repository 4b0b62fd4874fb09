package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/sdk"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/timeutil"
	"github.com/xsh-project/xsh/pkg/types"
	commonpb "github.com/xsh-project/xsh/proto/omniview/sdk/common/v1"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// What follows is the API that programs are written against. It compiles, or
// something they use has changed. Names that we added are not in it.

const (
	_ = exec.DefaultOutputBufferSize
	_ = exec.DefaultStreamBufferSize
	_ = exec.InitialRows
	_ = exec.InitialCols

	_ time.Duration = exec.ResizeTimeout
)

const (
	_ exec.ErrorCode = exec.ErrCodeSessionNotFound
	_ exec.ErrorCode = exec.ErrCodeHandlerNotFound
	_ exec.ErrorCode = exec.ErrCodeSessionClosed
	_ exec.ErrorCode = exec.ErrCodeTerminalError
	_ exec.ErrorCode = exec.ErrCodeSessionExists
)

var (
	_ *exec.ExecSessionError = exec.ErrSessionNotFound
	_ *exec.ExecSessionError = exec.ErrHandlerNotFound
	_ *exec.ExecSessionError = exec.ErrSessionClosed
	_ *exec.ExecSessionError = exec.ErrTerminalError
	_ *exec.ExecSessionError = exec.ErrSessionExists
)

// Functions.
var (
	_ func(*sdk.Plugin, exec.PluginOpts) error                                                       = exec.RegisterPlugin
	_ func(*commonpb.ActionTargetBuilder) exec.ActionTargetBuilder                                   = exec.ActionTargetBuilderFromProto
	_ func(context.Context, chan<- exec.StreamOutput) *exec.ChannelSink                              = exec.NewChannelSink
	_ func(string, []string) *exec.ExecSessionError                                                  = exec.NewHandlerNotFoundError
	_ func(string) *exec.ExecSessionError                                                            = exec.NewSessionClosedError
	_ func(string) *exec.ExecSessionError                                                            = exec.NewSessionExistsError
	_ func(string) *exec.ExecSessionError                                                            = exec.NewSessionNotFoundError
	_ func(string, error) *exec.ExecSessionError                                                     = exec.NewTerminalError
	_ func(*execpb.ExecHandler) exec.Handler                                                         = exec.HandlerFromProto
	_ func(exec.ManagerConfig) *exec.Manager                                                         = exec.NewManager
	_ func() *exec.OutputBuffer                                                                      = exec.NewDefaultOutputBuffer
	_ func(int) *exec.OutputBuffer                                                                   = exec.NewOutputBuffer
	_ func(*execpb.Session) *exec.Session                                                            = exec.NewSessionFromProto
	_ func(*execpb.SessionOptions) *exec.SessionOptions                                              = exec.NewSessionOptionsFromProto
	_ func(*execpb.StreamError) *exec.StreamError                                                    = exec.NewStreamErrorFromProto
	_ func(*execpb.StreamInput) exec.StreamInput                                                     = exec.NewStreamInputFromProto
	_ func(*execpb.StreamOutput) exec.StreamOutput                                                   = exec.NewStreamOutputFromProto
	_ func(*execpb.ResizeSessionRequest) (exec.StreamResize, error)                                  = exec.NewStreamResizeFromProto
	_ func(execpb.StreamSignal) exec.StreamSignal                                                    = exec.NewStreamSignalFromProto
	_ func() exec.TerminalFactory                                                                    = exec.NewRealTerminalFactory
	_ func(exec.ActionTargetBuilder) *commonpb.ActionTargetBuilder                                   = exec.ActionTargetBuilder.ToProto
	_ func(exec.Handler) string                                                                      = exec.Handler.ID
	_ func(exec.Handler) string                                                                      = exec.Handler.String
	_ func(exec.ErrorCode) string                                                                    = exec.ErrorCode.String
	_ func(exec.Handler) *execpb.ExecHandler                                                         = exec.Handler.ToProto
	_ func(*exec.SessionOptions) (*execpb.SessionOptions, error)                                     = (*exec.SessionOptions).ToProto
	_ func(*exec.StreamError) *execpb.StreamError                                                    = (*exec.StreamError).ToProto
	_ func(*exec.StreamInput) *execpb.StreamInput                                                    = (*exec.StreamInput).ToProto
	_ func(*exec.StreamOutput) *execpb.StreamOutput                                                  = (*exec.StreamOutput).ToProto
	_ func(*exec.StreamResize) *execpb.ResizeSessionRequest                                          = (*exec.StreamResize).ToProto
	_ func(exec.StreamSignal) execpb.StreamSignal                                                    = exec.StreamSignal.ToProto
	_ func(exec.StreamSignal) string                                                                 = exec.StreamSignal.String
	_ func(exec.StreamTarget) string                                                                 = exec.StreamTarget.String
	_ func(*exec.ExecSessionError) string                                                            = (*exec.ExecSessionError).Error
	_ func(*exec.ExecSessionError, error) bool                                                       = (*exec.ExecSessionError).Is
	_ func(*exec.ExecSessionError) error                                                             = (*exec.ExecSessionError).Unwrap
	_ func(*exec.ExecError) string                                                                   = (*exec.ExecError).Error
	_ func(*exec.ExecError) error                                                                    = (*exec.ExecError).Unwrap
	_ func(*exec.OutputBuffer, []byte)                                                               = (*exec.OutputBuffer).Append
	_ func(*exec.OutputBuffer) []byte                                                                = (*exec.OutputBuffer).GetAll
	_ func(*exec.OutputBuffer) int                                                                   = (*exec.OutputBuffer).Len
	_ func(*exec.ChannelSink, exec.StreamOutput)                                                     = (*exec.ChannelSink).OnOutput
	_ func(*exec.Plugin, *plugin.GRPCBroker, *grpc.Server) error                                     = (*exec.Plugin).GRPCServer
	_ func(*exec.Plugin, context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (interface{}, error) = (*exec.Plugin).GRPCClient
)

// Types whose definition is a contract.
var (
	_ exec.CommandHandler = func(*types.PluginContext, exec.SessionOptions) (stdout, stderr io.Reader, err error) {
		return nil, nil, nil
	}
	_ exec.SessionHandler = func(*types.PluginContext, exec.SessionOptions) (stdin io.Writer, stdout, stderr io.Reader, err error) {
		return nil, nil, nil, nil
	}
	_ exec.TTYHandlerFunc = func(*types.PluginContext, exec.SessionOptions, *os.File, chan error, <-chan exec.SessionResizeInput) error {
		return nil
	}
	_ exec.TerminalFactory = func() (exec.Terminal, error) { return fakeTerminal{}, nil }
	_                      = exec.SessionResizeInput{Rows: int32(1), Cols: int32(1)}

	_ error             = (*exec.ExecError)(nil)
	_ error             = (*exec.ExecSessionError)(nil)
	_ exec.OutputSink   = (*exec.ChannelSink)(nil)
	_ exec.Provider     = (*exec.Manager)(nil)
	_ exec.Provider     = (*exec.PluginClient)(nil)
	_ plugin.GRPCPlugin = (*exec.Plugin)(nil)
	_                   = exec.Plugin{Impl: exec.Provider(nil)}

	_ execpb.ExecPluginServer = (*exec.PluginServer)(nil)
	_                         = exec.PluginServer{Impl: exec.Provider(nil), UnimplementedExecPluginServer: execpb.UnimplementedExecPluginServer{}}
)

// providerAPI is Provider as it is written down; a method less or more on
// either side does not compile.
type providerAPI interface {
	GetSupportedResources(ctx *types.PluginContext) []exec.Handler
	GetSession(ctx *types.PluginContext, sessionID string) (*exec.Session, error)
	ListSessions(ctx *types.PluginContext) ([]*exec.Session, error)
	CreateSession(ctx *types.PluginContext, opts exec.SessionOptions) (*exec.Session, error)
	AttachSession(ctx *types.PluginContext, sessionID string) (*exec.Session, []byte, error)
	DetachSession(ctx *types.PluginContext, sessionID string) (*exec.Session, error)
	CloseSession(ctx *types.PluginContext, sessionID string) error
	ResizeSession(ctx *types.PluginContext, sessionID string, rows, cols int32) error
	Stream(context.Context, chan exec.StreamInput) (chan exec.StreamOutput, error)
	Close()
}

type terminalAPI interface {
	MasterFd() *os.File
	SlaveFd() *os.File
	Resize(rows, cols uint16) error
	Close() error
}

// fakeTerminal is a fake as a program that embeds the package writes it.
type fakeTerminal struct{ pty, tty *os.File }

func (t fakeTerminal) MasterFd() *os.File          { return t.pty }
func (t fakeTerminal) SlaveFd() *os.File           { return t.tty }
func (t fakeTerminal) Resize(uint16, uint16) error { return nil }
func (t fakeTerminal) Close() error                { return errors.Join(t.tty.Close(), t.pty.Close()) }

type sinkAPI interface {
	OnOutput(output exec.StreamOutput)
}

// pluginServerAPI is what PluginServer has beside its fields.
type pluginServerAPI interface {
	AttachSession(context.Context, *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error)
	CloseSession(context.Context, *execpb.CloseSessionRequest) (*execpb.CloseSessionResponse, error)
	CreateSession(context.Context, *execpb.SessionOptions) (*execpb.CreateSessionResponse, error)
	DetachSession(context.Context, *execpb.AttachSessionRequest) (*execpb.AttachSessionResponse, error)
	GetSession(context.Context, *execpb.GetSessionRequest) (*execpb.GetSessionResponse, error)
	GetSupportedResources(context.Context, *emptypb.Empty) (*execpb.GetSupportedResourcesResponse, error)
	ListSessions(context.Context, *emptypb.Empty) (*execpb.ListSessionsResponse, error)
	ResizeSession(context.Context, *execpb.ResizeSessionRequest) (*execpb.ResizeSessionResponse, error)
	Stream(execpb.ExecPlugin_StreamServer) error
}

var (
	_ = func(p exec.Provider) providerAPI { return p }
	_ = func(p providerAPI) exec.Provider { return p }
	_ = func(t exec.Terminal) terminalAPI { return t }
	_ = func(t terminalAPI) exec.Terminal { return t }
	_ = func(s exec.OutputSink) sinkAPI { return s }
	_ = func(s sinkAPI) exec.OutputSink { return s }

	_ pluginServerAPI = (*exec.PluginServer)(nil)
)

func TestAPIConstants(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"DefaultOutputBufferSize", exec.DefaultOutputBufferSize, 1000000},
		{"DefaultStreamBufferSize", exec.DefaultStreamBufferSize, 4096},
		{"InitialRows", exec.InitialRows, 27},
		{"InitialCols", exec.InitialCols, 72},
		{"ResizeTimeout", exec.ResizeTimeout, 500 * time.Millisecond},
		{"ErrCodeSessionNotFound", int(exec.ErrCodeSessionNotFound), 1},
		{"ErrCodeHandlerNotFound", int(exec.ErrCodeHandlerNotFound), 2},
		{"ErrCodeSessionClosed", int(exec.ErrCodeSessionClosed), 3},
		{"ErrCodeTerminalError", int(exec.ErrCodeTerminalError), 4},
		{"ErrCodeSessionExists", int(exec.ErrCodeSessionExists), 5},
		{"ErrCodeSessionNotFound.String", exec.ErrCodeSessionNotFound.String(), "SESSION_NOT_FOUND"},
		{"ErrCodeHandlerNotFound.String", exec.ErrCodeHandlerNotFound.String(), "HANDLER_NOT_FOUND"},
		{"ErrCodeSessionClosed.String", exec.ErrCodeSessionClosed.String(), "SESSION_CLOSED"},
		{"ErrCodeTerminalError.String", exec.ErrCodeTerminalError.String(), "TERMINAL_ERROR"},
		{"ErrCodeSessionExists.String", exec.ErrCodeSessionExists.String(), "SESSION_EXISTS"},
		{"ErrorCode(0).String", exec.ErrorCode(0).String(), "UNKNOWN"},
		{"ErrorCode(6).String", exec.ErrorCode(6).String(), "UNKNOWN"},
		{"ErrorCode(-1).String", exec.ErrorCode(-1).String(), "UNKNOWN"},
		{"Handler.ID", exec.Handler{Plugin: "kube", Resource: "pod"}.ID(), "kube/pod"},
		{"Handler.ID without a plugin", exec.Handler{Resource: "pod"}.ID(), "/pod"},
		{"Handler.String", fmt.Sprint(exec.Handler{Plugin: "kube", Resource: "pod"}), "kube/pod"},
		{"StreamTargetStdOut.String", exec.StreamTargetStdOut.String(), "stdout"},
		{"StreamTargetStdErr.String", exec.StreamTargetStdErr.String(), "stderr"},
		{"StreamTarget(2).String", exec.StreamTarget(2).String(), "unknown"},
		{"StreamTarget(-1).String", exec.StreamTarget(-1).String(), "unknown"},
		{"StreamTargetStdOut", exec.StreamTargetStdOut, exec.StreamTarget(0)},
		{"StreamTargetStdErr", exec.StreamTargetStdErr, exec.StreamTarget(1)},
	} {
		if c.got != c.want {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	signals := []exec.StreamSignal{
		exec.StreamSignalNone, exec.StreamSignalClose, exec.StreamSignalSigint, exec.StreamSignalSigquit,
		exec.StreamSignalSigterm, exec.StreamSignalSigkill, exec.StreamSignalSighup, exec.StreamSignalSigusr1,
		exec.StreamSignalSigusr2, exec.StreamSignalSigwinch, exec.StreamSignalError,
	}
	for i, s := range signals {
		if int(s) != i {
			t.Errorf("%v = %d, want %d", s, int(s), i)
		}
	}
}

// TestAPIFields holds the structs against the API: their first fields, in any
// order, with types and tags. What we added comes beside them.
func TestAPIFields(t *testing.T) {
	type field struct {
		name string
		typ  reflect.Type
		tag  string
	}
	of := func(name string, example any, tag string) field {
		return field{name, reflect.TypeOf(example).Elem(), tag}
	}
	var (
		str      = new(string)
		strs     = new([]string)
		strMap   = new(map[string]string)
		flag     = new(bool)
		data     = new([]byte)
		someErr  = new(error)
		dim      = new(uint16)
		strTag   = func(name string) string { return `json:"` + name + `"` }
		sessErrs = new(exec.ErrorCode)
	)
	for _, tc := range []struct {
		value  any
		fields []field
		closed bool // no fields of ours beside them
	}{
		{exec.ActionTargetBuilder{}, []field{
			of("Label", str, strTag("label")), of("LabelSelector", str, strTag("label_selector")),
			of("Paths", strs, strTag("paths")), of("Selectors", strMap, strTag("selectors")),
		}, true},
		{exec.ExecError{}, []field{
			of("Err", someErr, ""), of("Title", str, ""), of("Message", str, ""), of("Suggestion", str, ""),
			of("Retryable", flag, ""), of("RetryCommands", strs, ""),
		}, true},
		{exec.ExecSessionError{}, []field{
			of("Code", sessErrs, ""), of("SessionID", str, ""), of("Message", str, ""), of("Err", someErr, ""),
		}, true},
		{exec.Handler{}, []field{
			of("Plugin", str, strTag("plugin")), of("Resource", str, strTag("resource")),
			of("TargetBuilder", new(exec.ActionTargetBuilder), strTag("target_builder")),
			of("DefaultCommand", strs, strTag("default_command")),
			of("TTYHandler", new(exec.TTYHandlerFunc), strTag("-")),
			of("CommandHandler", new(exec.CommandHandler), strTag("-")),
			of("HandlesResize", flag, strTag("-")),
		}, false},
		{exec.ManagerConfig{}, []field{
			of("Logger", new(logging.Logger), ""), of("Settings", new(settings.Provider), ""),
			of("Handlers", new(map[string]exec.Handler), ""), of("Sink", new(exec.OutputSink), ""),
			of("TerminalFactory", new(exec.TerminalFactory), ""), of("Clock", new(timeutil.Clock), ""),
		}, false},
		{exec.PluginOpts{}, []field{of("Handlers", new([]exec.Handler), strTag("handlers"))}, true},
		{exec.Session{}, []field{
			of("CreatedAt", new(time.Time), strTag("created_at")), of("Labels", strMap, strTag("labels")),
			of("Params", strMap, strTag("params")), of("ID", str, strTag("id")),
			of("Command", strs, strTag("command")), of("Attached", flag, strTag("attached")),
		}, false},
		{exec.SessionOptions{}, []field{
			of("Params", strMap, strTag("params")), of("Labels", strMap, strTag("labels")), of("ID", str, strTag("id")),
			of("ResourcePlugin", str, strTag("resource_plugin")), of("ResourceKey", str, strTag("resource_key")),
			of("ResourceData", new(map[string]interface{}), strTag("resource_data")),
			of("Command", strs, strTag("command")), of("TTY", flag, strTag("tty")),
		}, false},
		{exec.StreamError{}, []field{
			of("Title", str, strTag("title")), of("Message", str, strTag("message")),
			of("Suggestion", str, strTag("suggestion")), of("Retryable", flag, strTag("retryable")),
			of("RetryCommands", strs, `json:"retry_commands,omitempty"`),
		}, true},
		{exec.StreamInput{}, []field{of("SessionID", str, strTag("session_id")), of("Data", data, strTag("data"))}, false},
		{exec.StreamOutput{}, []field{
			of("SessionID", str, strTag("session_id")), of("Data", data, strTag("data")),
			of("Target", new(exec.StreamTarget), strTag("target")), of("Signal", new(exec.StreamSignal), strTag("signal")),
			of("Error", new(*exec.StreamError), `json:"error,omitempty"`),
		}, false},
		{exec.StreamResize{}, []field{
			of("SessionID", str, strTag("session_id")), of("Cols", dim, strTag("cols")), of("Rows", dim, strTag("rows")),
		}, true},
	} {
		typ := reflect.TypeOf(tc.value)
		for _, want := range tc.fields {
			got, ok := typ.FieldByName(want.name)
			if !ok {
				t.Errorf("%v has no field %s", typ, want.name)
				continue
			}
			if got.Type != want.typ || string(got.Tag) != want.tag {
				t.Errorf("%v.%s is %v `%s`, want %v `%s`", typ, want.name, got.Type, got.Tag, want.typ, want.tag)
			}
		}
		if tc.closed && typ.NumField() != len(tc.fields) {
			t.Errorf("%v has %d fields, want %d", typ, typ.NumField(), len(tc.fields))
		}
	}
}

// TestAPIOwnFieldsHaveTags keeps what we added to the API's types in their
// style.
func TestAPIOwnFieldsHaveTags(t *testing.T) {
	for _, v := range []any{
		exec.Session{}, exec.SessionOptions{}, exec.StreamOutput{}, exec.Handler{},
		exec.ExitStatus{}, exec.Size{}, exec.SessionResizeInput{},
	} {
		typ := reflect.TypeOf(v)
		var tags []string
		for i := range typ.NumField() {
			tag := typ.Field(i).Tag.Get("json")
			if tag == "" || tag != "-" && slices.Contains(tags, tag) {
				t.Errorf("%v.%s has the JSON tag %q", typ, typ.Field(i).Name, tag)
			}
			tags = append(tags, tag)
		}
	}
}

func TestSentinels(t *testing.T) {
	sentinels := []*exec.ExecSessionError{
		exec.ErrSessionNotFound, exec.ErrHandlerNotFound, exec.ErrSessionClosed, exec.ErrTerminalError, exec.ErrSessionExists,
	}
	made := []*exec.ExecSessionError{
		exec.NewSessionNotFoundError("s"), exec.NewHandlerNotFoundError("h", []string{"a", "b"}),
		exec.NewSessionClosedError("s"), exec.NewTerminalError("s", io.ErrUnexpectedEOF), exec.NewSessionExistsError("s"),
	}
	for i, err := range made {
		for j, target := range sentinels {
			if got := err.Is(target); got != (i == j) {
				t.Errorf("(%v).Is(%s) = %v", err, target.Code, got)
			}
		}
		if err.Error() == "" || sentinels[i].Error() == "" {
			t.Errorf("%s has an empty text", err.Code)
		}
	}
	if made[3].Unwrap() != io.ErrUnexpectedEOF {
		t.Errorf("a terminal error wraps %v", made[3].Unwrap())
	}
}

// TestErrorText: the form of an API error's text, whatever it lacks.
func TestErrorText(t *testing.T) {
	for _, tc := range []struct {
		err  *exec.ExecSessionError
		want string
	}{
		{exec.NewSessionNotFoundError("s"), `[SESSION_NOT_FOUND] session s: no such session "s"`},
		{exec.NewHandlerNotFoundError("a/b", nil), `[HANDLER_NOT_FOUND] no such handler "a/b" (there are none)`},
		{exec.NewTerminalError("s", io.EOF), "[TERMINAL_ERROR] session s: EOF"},
		{&exec.ExecSessionError{Code: exec.ErrCodeTerminalError, Err: io.EOF}, "[TERMINAL_ERROR] EOF"},
		{&exec.ExecSessionError{Code: exec.ErrCodeSessionClosed, SessionID: "s"}, "[SESSION_CLOSED] session s"},
		{exec.ErrSessionExists, "[SESSION_EXISTS]"},
		{&exec.ExecSessionError{Message: "odd"}, "[UNKNOWN] odd"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("text %q, want %q", got, tc.want)
		}
	}
}

// TestErrorIsWrappedTarget: a target may be an error that the caller wrapped.
func TestErrorIsWrappedTarget(t *testing.T) {
	err := exec.NewSessionClosedError("s")
	var none *exec.ExecSessionError
	for _, tc := range []struct {
		target error
		want   bool
	}{
		{fmt.Errorf("attach: %w", exec.ErrSessionClosed), true},
		{errors.Join(io.EOF, exec.NewSessionClosedError("other")), true},
		{fmt.Errorf("attach: %w", exec.ErrSessionExists), false},
		{io.EOF, false},
		{nil, false},
		{none, false},
	} {
		if got := err.Is(tc.target); got != tc.want {
			t.Errorf("Is(%v) = %v", tc.target, got)
		}
	}
}

// TestNilReceivers: what a program may call on a nil pointer.
func TestNilReceivers(t *testing.T) {
	var err *exec.ExecSessionError
	if err.Error() == "" || err.Is(exec.ErrSessionClosed) || err.Unwrap() != nil || err.GRPCStatus() != nil {
		t.Errorf("a nil error is %q", err)
	}
	var sink *exec.ChannelSink
	sink.OnOutput(exec.StreamOutput{})
	//lint:ignore SA1012 a nil context is documented
	exec.NewChannelSink(nil, nil).OnOutput(exec.StreamOutput{})
	options, optionsErr := (*exec.SessionOptions)(nil).ToProto()
	for i, isNil := range []bool{
		(*exec.Session)(nil).ToProto() == nil,
		options == nil && optionsErr == nil,
		(*exec.StreamError)(nil).ToProto() == nil,
		(*exec.StreamInput)(nil).ToProto() == nil,
		(*exec.StreamOutput)(nil).ToProto() == nil,
		(*exec.StreamResize)(nil).ToProto() == nil,
	} {
		if !isNil {
			t.Errorf("nil value %d became a message", i)
		}
	}
	if exec.RegisterPlugin(nil, exec.PluginOpts{}) == nil {
		t.Error("a nil plugin was registered")
	}
}

// TestRegisterPluginRefusesOneIDTwice: one of the two would never be reached.
func TestRegisterPluginRefusesOneIDTwice(t *testing.T) {
	p := &sdk.Plugin{ID: "p"}
	h := exec.Handler{Plugin: "kube", Resource: "pod"}
	err := exec.RegisterPlugin(p, exec.PluginOpts{Handlers: []exec.Handler{h, {Plugin: "kube", Resource: "node"}, h}})
	if err == nil || !strings.Contains(err.Error(), `"kube/pod"`) {
		t.Errorf("two handlers of one ID: %v", err)
	}
	if len(p.Capabilities()) != 0 {
		t.Errorf("what was refused left %q", p.Capabilities())
	}
	if err := exec.RegisterPlugin(p, exec.PluginOpts{Handlers: []exec.Handler{h}}); err != nil {
		t.Errorf("one handler: %v", err)
	}
}

// TestManagerSizesTheTerminal: a factory is told no size, so the manager sets it
// before the handler runs; where it cannot, there is no session.
func TestManagerSizesTheTerminal(t *testing.T) {
	var terminals exectest.Terminals
	broken := errors.New("no sizes here")
	sized := make(chan exec.Size, 1)
	h := exec.Handler{Plugin: "test", Resource: "size", TTYHandler: func(*types.PluginContext, exec.SessionOptions, *os.File, chan error, <-chan exec.SessionResizeInput) error {
		sized <- terminals.Made()[0].Size()
		return nil
	}}
	factory := terminals.Open
	m := exec.NewManager(exec.ManagerConfig{
		Handlers:        map[string]exec.Handler{h.ID(): h},
		TerminalFactory: func() (exec.Terminal, error) { return factory() },
	})
	defer m.Close()
	o := exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "size", TTY: true, Size: exec.Size{Rows: 10, Cols: 20}}
	if _, err := m.CreateSession(nil, o); err != nil {
		t.Fatal(err)
	}
	if got := <-sized; got != o.Size {
		t.Errorf("the handler ran at the size %v, want %v", got, o.Size)
	}

	factory = func() (exec.Terminal, error) {
		made, err := terminals.Open()
		made.(*exectest.Terminal).FailResize(broken)
		return made, err
	}
	if _, err := m.CreateSession(nil, o); !errors.Is(err, broken) || !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("a terminal that takes no size: %v", err)
	}
	if all := terminals.Made(); !all[len(all)-1].Closed() {
		t.Error("the terminal was left open")
	}
	factory = func() (exec.Terminal, error) { return nil, nil }
	if _, err := m.CreateSession(nil, o); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("no terminal: %v", err)
	}
}

// TestRealTerminalHasTheInitialSize: before anybody sizes it.
func TestRealTerminalHasTheInitialSize(t *testing.T) {
	term, err := exec.NewRealTerminalFactory()()
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	rows, cols, err := terminalSize(term.SlaveFd())
	if err != nil || rows != exec.InitialRows || cols != exec.InitialCols {
		t.Errorf("size %dx%d, %v", rows, cols, err)
	}
}

// TestFailureIsTextAsWell: a host that shows output and knows no errors shows
// why a session failed.
func TestFailureIsTextAsWell(t *testing.T) {
	failure := &exec.StreamError{Title: "t", Message: "lost it"}
	got := exec.FailureOutput("s", 7, failure)
	want := exec.StreamOutput{
		SessionID: "s", Data: []byte("lost it"), Target: exec.StreamTargetStdErr,
		Signal: exec.StreamSignalError, Error: failure, Offset: 7,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("output %+v, want %+v", got, want)
	}
}
