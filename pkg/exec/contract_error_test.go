package exec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/pkg/exec"
)

var errorContract = []contractCase{
	{"ErrorsForUnknownSession", testErrorsForUnknownSession},
	{"ErrorsForEndedSession", testErrorsForEndedSession},
	{"ErrorsOfCreate", testErrorsOfCreate},
	{"ErrorsOfSizes", testErrorsOfSizes},
	{"ErrorsOfSignals", testErrorsOfSignals},
	{"HandlerRefuses", testHandlerRefuses},
	{"HandlerPanics", testHandlerPanics},
}

// checkError checks an error's identity: what errors.Is and errors.As say of
// it, and its text.
func checkError(t testing.TB, err error, want *exec.ExecSessionError) {
	t.Helper()
	var got *exec.ExecSessionError
	if !errors.As(err, &got) {
		t.Errorf("error %v (%T), want %s", err, err, want.Code)
		return
	}
	for _, sentinel := range []error{
		exec.ErrSessionNotFound, exec.ErrHandlerNotFound, exec.ErrSessionClosed, exec.ErrTerminalError, exec.ErrSessionExists,
	} {
		if is, should := errors.Is(err, sentinel), errors.Is(want, sentinel); is != should {
			t.Errorf("errors.Is(%v, %v) = %v", err, sentinel, is)
		}
	}
	if got.Code != want.Code || got.SessionID != want.SessionID || got.Error() != want.Error() {
		t.Errorf("error {%s %q %q}, want {%s %q %q}", got.Code, got.SessionID, got, want.Code, want.SessionID, want)
	}
	if err.Error() != want.Error() {
		t.Errorf("error %q, want %q", err, want)
	}
	if got, want := status.Code(err), status.Code(want); got != want {
		t.Errorf("%v has the status %v, want %v", err, got, want)
	}
}

func terminalError(id, text string) *exec.ExecSessionError {
	return exec.NewTerminalError(id, errors.New(text))
}

func testErrorsForUnknownSession(t *testing.T, p exec.SessionProvider) {
	for _, id := range []string{"nosuch", "", "ü \x1b[31m\n", strings.Repeat("long", 100)} {
		want := exec.NewSessionNotFoundError(id)
		_, err := p.GetSession(nil, id)
		checkError(t, err, want)
		_, _, err = p.AttachSession(nil, id)
		checkError(t, err, want)
		_, err = p.Attach(nil, id, exec.AttachOptions{})
		checkError(t, err, want)
		_, err = p.DetachSession(nil, id)
		checkError(t, err, want)
		_, err = p.DetachAll(nil, id)
		checkError(t, err, want)
		_, err = p.Kill(nil, id, exec.StreamSignalNone)
		checkError(t, err, want)
		checkError(t, p.CloseSession(nil, id), want)
		checkError(t, p.ResizeSession(nil, id, 24, 80), want)
		checkError(t, p.Remove(nil, id), want)
	}
}

func testErrorsForEndedSession(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s", Command: []string{"exit 1"}})
	awaitEnd(t, p, "s")
	want := exec.NewSessionClosedError("s")
	checkError(t, p.CloseSession(nil, "s"), want)
	checkError(t, p.ResizeSession(nil, "s", 24, 80), want)
	_, err := p.Kill(nil, "s", exec.StreamSignalNone)
	checkError(t, err, want)
	_, err = p.Kill(nil, "s", exec.StreamSignalSigterm)
	checkError(t, err, want)
}

func testErrorsOfCreate(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "id", Name: "name"})
	const badName = "use 1-64 of letters, digits, '.', '_' and '-', not beginning with '-'"
	for _, tc := range []struct {
		what     string
		resource string
		o        exec.SessionOptions
		want     *exec.ExecSessionError
	}{
		{"unknown handler", "nosuch", exec.SessionOptions{TTY: true}, exec.NewHandlerNotFoundError("test/nosuch", []string{
			"test/block", "test/command", "test/deaf", "test/panic", "test/refuse", "test/resize", "test/start",
		})},
		{"ID in use", "start", exec.SessionOptions{TTY: true, ID: "id"}, exec.NewSessionExistsError("id")},
		{"ID in use as a name", "start", exec.SessionOptions{TTY: true, ID: "name"}, exec.NewSessionExistsError("name")},
		{"name in use", "start", exec.SessionOptions{TTY: true, Name: "name"}, exec.NewSessionExistsError("name")},
		{"name in use as an ID", "start", exec.SessionOptions{TTY: true, Name: "id"}, exec.NewSessionExistsError("id")},
		{"bad name", "start", exec.SessionOptions{TTY: true, ID: "x", Name: "a b"}, terminalError("x", `bad session name "a b": `+badName)},
		{"name of an option", "start", exec.SessionOptions{TTY: true, Name: "-d"}, terminalError("", `bad session name "-d": `+badName)},
		{"bad hint", "start", exec.SessionOptions{TTY: true, NameHint: "é"}, terminalError("", `bad session name "é": `+badName)},
		{"long name", "start", exec.SessionOptions{TTY: true, Name: strings.Repeat("n", 65)},
			terminalError("", `bad session name "`+strings.Repeat("n", 65)+`": `+badName)},
		{"long ID", "start", exec.SessionOptions{TTY: true, ID: strings.Repeat("i", 257)},
			terminalError("", "bad session ID: it is longer than 256 bytes")},
		{"label that is no UTF-8", "start", exec.SessionOptions{TTY: true, ID: "x", Labels: map[string]string{"k": "caf\xe9"}},
			terminalError("x", `bad value "caf\xe9" of label "k": it is not UTF-8`)},
		{"parameter that is no UTF-8", "start", exec.SessionOptions{TTY: true, Params: map[string]string{"\xff": ""}},
			terminalError("", `bad parameter "\xff": it is not UTF-8`)},
		{"no terminal sessions", "command", exec.SessionOptions{TTY: true}, terminalError("", `handler "test/command" has no sessions with a terminal`)},
		{"size of half zero", "start", exec.SessionOptions{TTY: true, Size: exec.Size{Rows: 24}},
			terminalError("", "bad terminal size 24x0: rows and columns must be 1 to 65535")},
		{"huge size", "start", exec.SessionOptions{TTY: true, Size: exec.Size{Rows: 65536, Cols: 80}},
			terminalError("", "bad terminal size 65536x80: rows and columns must be 1 to 65535")},
	} {
		t.Run(tc.what, func(t *testing.T) {
			tc.o.ResourcePlugin, tc.o.ResourceKey = "test", tc.resource
			s, err := p.CreateSession(nil, tc.o)
			if s != nil {
				t.Errorf("created %+v", s)
			}
			checkError(t, err, tc.want)
		})
	}
	if list, err := p.ListAll(nil); err != nil || len(list) != 1 {
		t.Errorf("what failed left %d sessions, %v", len(list)-1, err)
	}
}

func testErrorsOfSizes(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	for _, size := range []exec.Size{{Rows: 0, Cols: 0}, {Rows: 24, Cols: 0}, {Rows: -1, Cols: 80}, {Rows: 24, Cols: 65536}} {
		want := terminalError("s", "bad terminal size "+size.String()+": rows and columns must be 1 to 65535")
		checkError(t, p.ResizeSession(nil, "s", int32(size.Rows), int32(size.Cols)), want)
		if size == (exec.Size{}) || size.Rows < 0 {
			continue // unknown, which is fine, and not on the wire
		}
		_, err := p.Attach(nil, "s", exec.AttachOptions{Size: size})
		checkError(t, err, want)
	}
	if s := connect(t, p, "u").session("s"); s.Attached || s.Size.Rows != exec.InitialRows {
		t.Errorf("bad sizes had an effect: %+v", s)
	}
}

func testErrorsOfSignals(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	_, err := p.Kill(nil, "s", exec.StreamSignalSigusr2)
	checkError(t, err, terminalError("s", "no such luck"))
	// A newer client's signals are no reason to close the session.
	for _, unknown := range []exec.StreamSignal{-1, 11, 1 << 30} {
		_, err = p.Kill(nil, "s", unknown)
		checkError(t, err, terminalError("s", fmt.Sprintf("unknown signal %d: the client may be newer than the server", int(unknown))))
	}
	if s, err := p.GetSession(nil, "s"); err != nil || s.Exit != nil {
		t.Errorf("after unknown signals: %+v, %v", s, err)
	}
	tty(t, p, "block", exec.SessionOptions{ID: "b"})
	_, err = p.Kill(nil, "b", exec.StreamSignalSigterm)
	checkError(t, err, terminalError("b", "the session's handler can send no signals"))
	checkError(t, p.Remove(nil, "s"), &exec.ExecSessionError{
		Code: exec.ErrCodeSessionExists, SessionID: "s", Message: `session "s" is active`,
	})
}

func testHandlerRefuses(t *testing.T, p exec.SessionProvider) {
	// An error of ours that a handler passes on keeps its code.
	_, err := p.CreateSession(nil, exec.SessionOptions{
		ID: "s", ResourcePlugin: "test", ResourceKey: "refuse", TTY: true, Command: []string{"closed"},
	})
	checkError(t, err, &exec.ExecSessionError{
		Code: exec.ErrCodeSessionClosed, SessionID: "s", Message: `behind it: session "inner" has ended`,
	})
	for _, tc := range []struct {
		tty  bool
		text string
	}{{true, "refuse: you may not enter"}, {false, "you may not enter"}} {
		_, err := p.CreateSession(nil, exec.SessionOptions{ID: "s", ResourcePlugin: "test", ResourceKey: "refuse", TTY: tc.tty})
		checkError(t, err, terminalError("s", tc.text))
		var got *exec.ExecError
		if !errors.As(err, &got) {
			t.Fatalf("no ExecError in %v", err)
		}
		want := *richError
		want.Err, got.Err = nil, nil // stays where it is
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("ExecError (-want +got):\n%s", diff)
		}
		if list, _ := p.ListAll(nil); len(list) != 0 {
			t.Errorf("a session that did not start is listed: %+v", list[0])
		}
	}
}

func testHandlerPanics(t *testing.T, p exec.SessionProvider) {
	for _, tc := range []struct {
		tty  bool
		text string
	}{{true, "the handler panicked: tty handler"}, {false, "the handler panicked: command handler"}} {
		_, err := p.CreateSession(nil, exec.SessionOptions{ID: "s", ResourcePlugin: "test", ResourceKey: "panic", TTY: tc.tty})
		checkError(t, err, terminalError("s", tc.text))
	}
	create(t, p, "panic", exec.SessionOptions{ID: "r", Command: []string{"reader"}})
	s := awaitEnd(t, p, "r")
	if s.Exit.Code != 1 || s.Exit.Message != "the handler panicked: reader" {
		t.Errorf("ended with %+v", s.Exit)
	}
	// Later, in a handler that runs for its program's life.
	tty(t, p, "block", exec.SessionOptions{ID: "b"})
	tty(t, p, "start", exec.SessionOptions{ID: "bystander"})
	u := connect(t, p, "u")
	u.attachPlain("b")
	u.typ("b", "panic")
	if out := u.out.WaitClose(t, "b"); out.Exit.Message != "the handler panicked: program" {
		t.Errorf("ended with %+v", out.Exit)
	}
	u.attachPlain("bystander")
	u.echo("bystander", "unharmed")
}
