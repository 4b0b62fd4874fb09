package exec_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// contract is what every SessionProvider does, and what the local stream does that is
// none by itself. Its parts stand in the contract_*_test.go files.
var contract = slices.Concat(
	[]contractCase{
		{"Handlers", testHandlerList},
		{"CreateGetList", testCreateGetList},
		{"HandlerIsToldOptions", testHandlerIsToldOptions},
		{"DefaultCommand", testDefaultCommand},
		{"NameHints", testNameHints},
		{"NamesOfEndedSessions", testNamesOfEndedSessions},
		{"SessionOutlivesItsRequest", testSessionOutlivesItsRequest},
		{"BlockingHandler", testBlockingHandler},
		{"CommandSession", testCommandSession},
	},
	errorContract, attachContract, endContract, sizeContract, hostContract,
)

type contractCase struct {
	name string
	run  func(t *testing.T, p exec.SessionProvider)
}

func testHandlerList(t *testing.T, p exec.SessionProvider) {
	var got []string
	for _, h := range p.GetSupportedResources(by("")) {
		got = append(got, h.ID())
		if h.Resource == "start" && !slices.Equal(h.DefaultCommand, []string{"default", "command"}) {
			t.Errorf("default command %q", h.DefaultCommand)
		}
	}
	want := []string{"test/block", "test/command", "test/deaf", "test/panic", "test/refuse", "test/resize", "test/start"}
	if !slices.Equal(got, want) {
		t.Errorf("handlers %q, want %q", got, want)
	}
}

func testCreateGetList(t *testing.T, p exec.SessionProvider) {
	if list, err := p.ListSessions(nil); err != nil || list == nil || len(list) != 0 {
		t.Errorf("at first: %v, %v", list, err)
	}
	before := time.Now()
	one := tty(t, p, "start", exec.SessionOptions{
		ID: "one", Name: "uno", Command: []string{"say hello"},
		Labels: map[string]string{"l": "v"}, Params: map[string]string{"p": "q"}, Size: exec.Size{Rows: 10, Cols: 20},
	})
	want := &exec.Session{
		ID: "one", Name: "uno", Handler: "test/start", Command: []string{"say hello"},
		Labels: map[string]string{"l": "v"}, Params: map[string]string{"p": "q"}, Size: exec.Size{Rows: 10, Cols: 20},
		CreatedAt: one.CreatedAt, TTY: one.TTY, SizePolicy: exec.SizeLeader,
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if one.CreatedAt.Before(before.Add(-time.Second)) || one.CreatedAt.After(time.Now().Add(time.Second)) {
		t.Errorf("created at %v", one.CreatedAt)
	}
	two := tty(t, p, "start", exec.SessionOptions{})
	if two.ID == "" || two.Name != two.ID || two.Size != (exec.Size{Rows: exec.InitialRows, Cols: exec.InitialCols}) {
		t.Errorf("created %+v", two)
	}
	for _, ref := range []string{"one", "uno"} {
		if got, err := p.GetSession(nil, ref); err != nil || !cmp.Equal(got, one) {
			t.Errorf("get %s: %+v, %v", ref, got, err)
		}
	}
	list, err := p.ListSessions(by(""))
	if diff := cmp.Diff([]*exec.Session{one, two}, list); diff != "" || err != nil {
		t.Errorf("list (-want +got):\n%s%v", diff, err)
	}
}

func testHandlerIsToldOptions(t *testing.T, p exec.SessionProvider) {
	want := exec.SessionOptions{
		ID: "id", Name: "name", ResourcePlugin: "test", ResourceKey: "start", TTY: true,
		Command: []string{"options"}, Size: exec.Size{Rows: 5, Cols: 6}, SizePolicy: exec.SizeLeader,
		Params: map[string]string{"a": "b"}, Labels: map[string]string{"c": "d"},
		ResourceData: map[string]any{"dir": "/", "env": []any{"A=ü"}, "deep": map[string]any{"n": 1.0}},
	}
	tty(t, p, "start", want)
	u := connect(t, p, "u")
	u.attach("id", exec.AttachOptions{Resume: true})
	u.out.WaitText(t, "id", "}\n")
	text := string(u.out.Bytes("id", exec.StreamTargetStdOut))
	var got exec.SessionOptions
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &got); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the handler was told (-want +got):\n%s", diff)
	}
}

func testDefaultCommand(t *testing.T, p exec.SessionProvider) {
	if s := tty(t, p, "start", exec.SessionOptions{}); !slices.Equal(s.Command, []string{"default", "command"}) {
		t.Errorf("command %q", s.Command)
	}
}

func testNameHints(t *testing.T, p exec.SessionProvider) {
	long := strings.Repeat("x", 64)
	for _, want := range []string{"work", "work-2", "work-3"} {
		if s := tty(t, p, "start", exec.SessionOptions{NameHint: "work"}); s.Name != want {
			t.Errorf("named %q, want %q", s.Name, want)
		}
	}
	tty(t, p, "start", exec.SessionOptions{Name: "work-4"})
	for _, tc := range []struct{ name, hint, want string }{
		{"", "work", "work-5"},
		{"own", "work", "own"},
		{"", long, long},
		{"", long, long[:62] + "-2"},
	} {
		if s := tty(t, p, "start", exec.SessionOptions{Name: tc.name, NameHint: tc.hint}); s.Name != tc.want {
			t.Errorf("named %q, want %q", s.Name, tc.want)
		}
	}
}

// testNamesOfEndedSessions: an ended session keeps no name from another, and
// never hides an active one.
func testNamesOfEndedSessions(t *testing.T, p exec.SessionProvider) {
	old := tty(t, p, "start", exec.SessionOptions{ID: "x", Command: []string{"exit 1"}})
	awaitEnd(t, p, old.ID)
	named := tty(t, p, "start", exec.SessionOptions{Name: "x"})
	if got, err := p.GetSession(nil, "x"); err != nil || got.ID != named.ID {
		t.Errorf("x is %+v, %v, want the active session of that name", got, err)
	}
	_, err := p.CreateSession(nil, exec.SessionOptions{Name: "x", ResourcePlugin: "test", ResourceKey: "start", TTY: true})
	checkError(t, err, exec.NewSessionExistsError("x"))

	first := tty(t, p, "start", exec.SessionOptions{Name: "again", Command: []string{"exit 1"}})
	awaitEnd(t, p, first.ID)
	second := tty(t, p, "start", exec.SessionOptions{Name: "again", Command: []string{"exit 2"}})
	awaitEnd(t, p, second.ID)
	if got, err := p.GetSession(nil, "again"); err != nil || got.ID != second.ID {
		t.Errorf("again is %+v, %v, want the newest", got, err)
	}
	reused := tty(t, p, "start", exec.SessionOptions{ID: first.ID})
	if got, err := p.GetSession(nil, first.ID); err != nil || got.Exit != nil || got.Name != reused.Name {
		t.Errorf("%s is %+v, %v, want the active session", first.ID, got, err)
	}
}

func testSessionOutlivesItsRequest(t *testing.T, p exec.SessionProvider) {
	for _, resource := range []string{"start", "block"} {
		ctx, cancel := context.WithCancel(context.Background())
		c := &types.PluginContext{Context: ctx, RequestID: "r", RequesterID: "gone"}
		s, err := p.CreateSession(c, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: resource, TTY: true})
		if err != nil {
			t.Fatal(err)
		}
		gone := connect(t, p, "gone")
		cancel()
		gone.hangUp()
		u := connect(t, p, "u")
		u.attachPlain(s.ID)
		u.typ(s.ID, "say still here")
		u.out.WaitText(t, s.ID, "still here\n")
		u.hangUp()
	}
}

func testBlockingHandler(t *testing.T, p exec.SessionProvider) {
	s := tty(t, p, "block", exec.SessionOptions{Command: []string{"say hello"}})
	u := connect(t, p, "u")
	u.attach(s.ID, exec.AttachOptions{Resume: true})
	u.out.WaitText(t, s.ID, "hello\n")
	u.typ(s.ID, "exit 3")
	if out := u.out.WaitClose(t, s.ID); out.Exit == nil || *out.Exit != (exec.ExitStatus{Code: 3}) {
		t.Errorf("ended with %v", out.Exit)
	}
	// One that ends at once has started and ended.
	s = tty(t, p, "start", exec.SessionOptions{Command: []string{"exit 4"}})
	if s := awaitEnd(t, p, s.ID); s.Exit.Code != 4 {
		t.Errorf("ended with %v", s.Exit)
	}
}

func testCommandSession(t *testing.T, p exec.SessionProvider) {
	s := create(t, p, "command", exec.SessionOptions{
		Command: []string{"out one", "err two", "out three", "err four", "exit 5"},
	})
	if s.Size != (exec.Size{}) {
		t.Errorf("a session without a terminal has the size %v", s.Size)
	}
	u := connect(t, p, "u")
	u.attach(s.ID, exec.AttachOptions{Resume: true})
	out := u.out.WaitClose(t, s.ID)
	if out.Exit == nil || *out.Exit != (exec.ExitStatus{Code: 5}) {
		t.Errorf("ended with %v", out.Exit)
	}
	if got := string(u.out.Bytes(s.ID, exec.StreamTargetStdOut)); got != "one\nthree\n" {
		t.Errorf("standard output %q", got)
	}
	if got := string(u.out.Bytes(s.ID, exec.StreamTargetStdErr)); got != "two\nfour\n" {
		t.Errorf("standard error %q", got)
	}
	checkContiguous(t, u.out.Outputs(s.ID), 0)
	checkError(t, p.ResizeSession(nil, create(t, p, "command", exec.SessionOptions{ID: "w", Command: []string{"wait"}}).ID, 10, 10),
		&exec.ExecSessionError{Code: exec.ErrCodeTerminalError, SessionID: "w", Message: "session has no terminal to resize"})
}

// checkContiguous checks that outputs follow each other without a gap or an
// overlap, from offset on.
func checkContiguous(t testing.TB, outputs []exec.StreamOutput, offset int64) {
	t.Helper()
	for _, o := range outputs {
		if o.Offset != offset {
			t.Fatalf("output at offset %d (%v, %.40q) follows on %d", o.Offset, o.Signal, o.Data, offset)
		}
		offset += int64(len(o.Data))
	}
}
