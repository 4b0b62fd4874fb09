package exec_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

var endContract = []contractCase{
	{"HowProgramsEnd", testHowProgramsEnd},
	{"OutputBeforeTheEnd", testOutputBeforeTheEnd},
	{"EndIsToldOnce", testEndIsToldOnce},
	{"CloseSession", testCloseSession},
	{"Kill", testKill},
	{"KillWithSignal", testKillWithSignal},
	{"KillGivesUpWithItsContext", testKillContext},
	{"EndedSessions", testEndedSessions},
	{"EndedSessionsAreBounded", testEndedSessionsAreBounded},
	{"PrunedSessionIsStillReadToItsEnd", testPrunedSessionIsReadToItsEnd},
}

func testHowProgramsEnd(t *testing.T, p exec.SessionProvider) {
	rich := &exec.StreamError{
		Title: "No access", Message: "you may not enter", Suggestion: "log in",
		Retryable: true, RetryCommands: []string{"login", "login --force"},
	}
	lost := "lost the \uFFFD connection"
	for _, tc := range []struct {
		resource, line string
		exit           exec.ExitStatus
		failure        *exec.StreamError
	}{
		{"start", "exit 0", exec.ExitStatus{}, nil},
		{"start", "exit 42", exec.ExitStatus{Code: 42}, nil},
		{"start", "close", exec.ExitStatus{}, nil},
		{"start", "die SIGTERM", exec.ExitStatus{Code: 143, Signal: "SIGTERM"}, nil},
		{"start", "fail", exec.ExitStatus{Code: 1, Message: "failed: you may not enter"}, rich},
		{"start", "break", exec.ExitStatus{Code: 1, Message: lost}, &exec.StreamError{
			Title: "Session failed", Message: lost, Retryable: true,
			Suggestion: "start the session again; if it fails again, the message tells why",
		}},
		{"command", "exit 0", exec.ExitStatus{}, nil},
		{"command", "exit 42", exec.ExitStatus{Code: 42}, nil},
		{"command", "fail", exec.ExitStatus{Code: 1, Message: "failed: you may not enter"}, rich},
	} {
		t.Run(tc.resource+" "+tc.line, func(t *testing.T) {
			// It may well have ended before anyone attaches.
			s := create(t, p, tc.resource, exec.SessionOptions{Command: []string{tc.line}, TTY: tc.resource != "command"})
			u := connect(t, p, "u")
			u.attach(s.ID, exec.AttachOptions{Replay: exec.ReplayNone})
			out := u.out.WaitClose(t, s.ID)
			if out.Exit == nil || fixUTF8(*out.Exit) != tc.exit || out.Detached || out.Error != nil {
				t.Errorf("closed with %+v, exit %+v, want %+v", out, out.Exit, tc.exit)
			}
			var failure *exec.StreamError
			all := u.out.Outputs(s.ID)
			for i, o := range all {
				if o.Signal == exec.StreamSignalError {
					failure = o.Error
					failure.Message = strings.ToValidUTF8(failure.Message, "\uFFFD")
					if i != len(all)-2 {
						t.Errorf("the error is output %d of %d", i+1, len(all))
					}
				}
			}
			if diff := cmp.Diff(tc.failure, failure); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			got := u.session(s.ID)
			if got.Exit == nil || fixUTF8(*got.Exit) != tc.exit || got.EndedAt.Before(got.CreatedAt) || got.Attached || got.Clients != 0 {
				t.Errorf("session %+v", got)
			}
			if err := p.Remove(nil, s.ID); err != nil {
				t.Errorf("remove: %v", err)
			}
		})
	}
}

// fixUTF8 makes a status that did not cross the wire comparable with one that
// did.
func fixUTF8(e exec.ExitStatus) exec.ExitStatus {
	e.Message = strings.ToValidUTF8(e.Message, "\uFFFD")
	return e
}

func testOutputBeforeTheEnd(t *testing.T, p exec.SessionProvider) {
	for range 20 {
		s := tty(t, p, "start", exec.SessionOptions{Command: []string{"lines 500", "say last words", "exit 1"}})
		u := connect(t, p, "u")
		u.attach(s.ID, exec.AttachOptions{Resume: true})
		u.out.WaitClose(t, s.ID)
		checkContiguous(t, u.out.Outputs(s.ID), 0)
		if got := string(u.out.Bytes(s.ID, exec.StreamTargetStdOut)); !strings.HasSuffix(got, "line 00000499\nlast words\n") {
			t.Fatalf("the output ends in %q", got[max(0, len(got)-60):])
		}
		u.hangUp()
	}
}

func testCreatorIsToldTheEnd(t *testing.T, p exec.SessionProvider) {
	creator, other, anonymous := connect(t, p, "creator"), connect(t, p, "other"), connect(t, p, "")
	s := tty(t, p, "start", exec.SessionOptions{})
	other.typ(s.ID, "exit 7") // typing needs no attachment
	for _, u := range []*user{creator, anonymous} {
		if out := u.out.WaitClose(t, s.ID); out.Exit.Code != 7 {
			t.Errorf("told %v", out.Exit)
		}
	}
	s2 := tty(t, p, "start", exec.SessionOptions{})
	other.attachPlain(s2.ID)
	other.typ(s2.ID, "exit 8")
	other.out.WaitClose(t, s2.ID)
	if got := other.out.Outputs(s.ID); len(got) != 0 {
		t.Errorf("somebody else was told %v", got)
	}
}

func testEndIsToldOnce(t *testing.T, p exec.SessionProvider) {
	u := connect(t, p, "creator")
	for range 20 {
		s := tty(t, p, "start", exec.SessionOptions{})
		u.attachPlain(s.ID)
		u.typ(s.ID, "exit 0")
		u.out.WaitClose(t, s.ID)
		u.detach(s.ID)
		marker := tty(t, p, "start", exec.SessionOptions{Command: []string{"exit 0"}})
		u.attach(marker.ID, exec.AttachOptions{Replay: exec.ReplayNone})
		u.out.WaitClose(t, marker.ID)
		closes := 0
		for _, o := range u.out.Outputs(s.ID) {
			if o.Signal == exec.StreamSignalClose {
				closes++
			}
		}
		if closes != 1 {
			t.Fatalf("the end was told %d times", closes)
		}
	}
}

func testCloseSession(t *testing.T, p exec.SessionProvider) {
	for _, resource := range []string{"start", "block", "command", "deaf", "resize"} {
		s := create(t, p, resource, exec.SessionOptions{Command: []string{"wait"}, TTY: resource != "command"})
		u := connect(t, p, "u")
		u.attachPlain(s.ID)
		if err := p.CloseSession(nil, s.ID); err != nil {
			t.Fatalf("%s: close: %v", resource, err)
		}
		if out := u.out.WaitClose(t, s.ID); out.Exit == nil || *out.Exit != hungUp {
			t.Errorf("%s: closed with %+v", resource, out.Exit)
		}
		checkError(t, p.CloseSession(nil, s.ID), exec.NewSessionClosedError(s.ID))
		u.hangUp()
	}
}

func testKill(t *testing.T, p exec.SessionProvider) {
	for _, resource := range []string{"start", "block", "command"} {
		s := create(t, p, resource, exec.SessionOptions{Name: "k", Command: []string{"wait"}, TTY: resource != "command"})
		got, err := p.Kill(nil, "k", exec.StreamSignalNone)
		if err != nil {
			t.Fatalf("kill: %v", err)
		}
		if got.ID != s.ID || got.Exit == nil || *got.Exit != hungUp || got.EndedAt.IsZero() {
			t.Errorf("%s: killed: %+v, exit %v", resource, got, got.Exit)
		}
	}
}

func testKillWithSignal(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s", Name: "n"})
	u := connect(t, p, "u")
	u.attachPlain("s")
	for _, signal := range []exec.StreamSignal{exec.StreamSignalSigint, exec.StreamSignalSigterm, exec.StreamSignalSigwinch} {
		if s, err := p.Kill(nil, "n", signal); err != nil || s.ID != "s" || s.Exit != nil {
			t.Errorf("kill: %+v, %v", s, err)
		}
		u.out.WaitText(t, "s", "got "+signal.String()+"\n")
	}
}

// testKillContext: the caller's patience ends before that of a program that
// takes its time. Blocked in a handler that knows no end, the session ends all
// the same.
func testKillContext(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := p.Kill(&types.PluginContext{Context: ctx}, "s", exec.StreamSignalSigterm)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("kill with an ended context: %v", err)
	}
	ctx, cancel = context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	tty(t, p, "start", exec.SessionOptions{ID: "d"})
	if _, err = p.Kill(&types.PluginContext{Context: ctx}, "d", exec.StreamSignalNone); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("kill after its deadline: %v", err)
	}
}

func names(list []*exec.Session) []string {
	all := []string{}
	for _, s := range list {
		all = append(all, s.Name)
	}
	return all
}

func testEndedSessions(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{Name: "one", Command: []string{"say ended words", "exit 9"}})
	tty(t, p, "start", exec.SessionOptions{Name: "two"})
	awaitEnd(t, p, "one")
	list, err := p.ListSessions(nil)
	if err != nil || !slices.Equal(names(list), []string{"two"}) {
		t.Errorf("active: %q, %v", names(list), err)
	}
	all, err := p.ListAll(nil)
	if err != nil || !slices.Equal(names(all), []string{"one", "two"}) {
		t.Fatalf("all: %q, %v", names(all), err)
	}
	if all[0].Exit == nil || all[0].Exit.Code != 9 || all[1].Exit != nil {
		t.Errorf("exits %v, %v", all[0].Exit, all[1].Exit)
	}
	id := all[0].ID
	u := connect(t, p, "u")
	if replay := u.attachPlain("one"); replay != "ready\nended words\n" {
		t.Errorf("replay of an ended session: %q", replay)
	}
	if out := u.out.WaitClose(t, id); out.Exit == nil || out.Exit.Code != 9 || out.Offset != int64(len("ready\nended words\n")) {
		t.Errorf("closed with %+v", out)
	}
	if err := p.Remove(nil, "one"); err != nil {
		t.Errorf("remove: %v", err)
	}
	checkError(t, p.Remove(nil, "one"), exec.NewSessionNotFoundError("one"))
	if all, _ := p.ListAll(nil); !slices.Equal(names(all), []string{"two"}) {
		t.Errorf("after remove: %q", names(all))
	}
}

func testEndedSessionsAreBounded(t *testing.T, p exec.SessionProvider) {
	keep := tty(t, p, "start", exec.SessionOptions{Name: "active"})
	var want []string
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		s := create(t, p, "command", exec.SessionOptions{Name: name, Command: []string{"exit 0"}})
		awaitEnd(t, p, s.ID)
		want = append(want, name)
	}
	want = append([]string{keep.Name}, want[len(want)-testEnded:]...)
	// The oldest is forgotten a moment after the newest's clients hear of its end.
	poll(t, "the newest ended sessions alone", func() bool {
		all, err := p.ListAll(nil)
		return err == nil && slices.Equal(names(all), want)
	})
}

// testPrunedSessionIsReadToItsEnd: that a session is forgotten takes nothing
// from a client that is still reading it.
func testPrunedSessionIsReadToItsEnd(t *testing.T, p exec.SessionProvider) {
	const n = 3 * testEnded
	u := connect(t, p, "u")
	var ids []string
	for range n {
		s := tty(t, p, "start", exec.SessionOptions{Command: []string{"lines 400"}})
		u.attach(s.ID, exec.AttachOptions{Resume: true})
		ids = append(ids, s.ID)
	}
	for _, id := range ids {
		u.typ(id, "exit 0")
	}
	for _, id := range ids {
		u.out.WaitClose(t, id)
		checkContiguous(t, u.out.Outputs(id), 0)
	}
}
