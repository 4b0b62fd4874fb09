package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// watched are sessions of which a test learns who waits.
type watched struct {
	Sessions
	began chan time.Duration // the time that a wait was given
	ended chan error         // what it ended with
	over  error              // if not nil, each wait ends with it at once
}

func (w watched) Wait(ctx *types.PluginContext, id string, o exec.WaitOptions) (got *exec.Waited, err error) {
	deadline, _ := ctx.Ctx().Deadline()
	w.began <- time.Until(deadline)
	if err = w.over; err == nil {
		got, err = w.Sessions.Wait(ctx, id, o)
	}
	w.ended <- err
	return got, err
}

// watch returns a config that gives out the sessions of a's manager, watched.
func (a *agent) watch(over error) (Config, watched) {
	w := watched{a.m, make(chan time.Duration, 2*maxCalls), make(chan error, 2*maxCalls), over}
	return Config{With: func(_ context.Context, _ bool, do func(Sessions) error) error { return do(w) }}, w
}

// come returns what comes from a channel, which must not take long.
func come[T any](a *agent, from <-chan T) T {
	a.t.Helper()
	select {
	case got := <-from:
		return got
	case <-a.ctx.Done():
		a.t.Fatal("nothing comes")
		panic("unreachable")
	}
}

// A call that would take ten minutes, or more than there is a number for, is given
// less than 45 seconds, and its answer has the arguments to go on with.
func TestTenMinutes(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("slow", "exec cat")
	cfg, w := a.watch(context.DeadlineExceeded)
	cfg.Begin = func(context.Context, Sessions, *exec.Session, string) (Begun, error) { return Begun{Run: "nonce"}, nil }
	b := newAgent(t, cfg, a.m)
	for _, test := range []struct {
		tool string
		in   args
		next string // JSON but for the timeout
	}{
		{"wait", args{"session": "slow", "timeout": 600}, "map[for:exit session:slow since:0 timeout:600]"},
		{"wait", args{"session": "slow", "timeout": 1e300}, "map[for:exit session:slow since:0 timeout:1e+300]"},
		{"wait", args{"session": "slow", "for": "idle", "idle": 3600}, "map[for:idle idle:3600 session:slow since:0]"},
		{"run", args{"session": "slow", "command": "sleep 600"}, "map[for:command offset:0 run:nonce session:slow]"},
		{"run", args{"session": "slow", "command": "sleep 600", "timeout": 1e300}, "map[for:command offset:0 run:nonce session:slow]"},
	} {
		facts, _ := b.do(test.tool, test.in)
		if given := come(b, w.began); given > 42*time.Second || given < 20*time.Second {
			t.Errorf("%s %v is given %v", test.tool, test.in, given)
		}
		then, _ := facts["next"].(map[string]any)
		if got := fmt.Sprint(then["arguments"]); facts["done"] != false || then["tool"] != "wait" || got != test.next {
			t.Errorf("%s %v: it goes on with %v, want %s", test.tool, test.in, facts, test.next)
		}
	}
}

// A call that is cancelled in the middle ends here as well, and takes nothing with it.
func TestCancel(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("prog", "exec cat")
	cfg, w := a.watch(nil)
	b := newAgent(t, cfg, a.m)
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan error, 1)
	go func() {
		_, _, err := b.callWithin(ctx, "wait", args{"session": "prog"})
		ended <- err
	}()
	come(b, w.began)
	cancel()
	if err := come(b, w.ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
	if err := come(b, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	b.do("screen", args{"session": "prog"})
}

// An agent that leaves in the middle of calls does not leave them behind.
func TestAgentLeavesInCalls(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("prog", "exec cat")
	cfg, w := a.watch(nil)
	b := newAgent(t, cfg, a.m)
	const calls = 20
	for range calls {
		go b.call("wait", args{"session": "prog"})
	}
	for range calls {
		come(b, w.began)
	}
	b.end.Close()
	for range calls {
		if err := come(b, w.ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait ended with %v", err)
		}
	}
	a.do("screen", args{"session": "prog"})
}

// One call more than are answered at once is refused, and is answered when there is
// room again.
func TestTooManyCalls(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("prog", "exec cat")
	cfg, w := a.watch(nil)
	b := newAgent(t, cfg, a.m)
	ctx, cancel := context.WithCancel(b.ctx)
	for range maxCalls {
		go b.callWithin(ctx, "wait", args{"session": "prog"})
	}
	for range maxCalls {
		come(b, w.began)
	}
	if _, _, err := b.call("list", nil); err == nil || err.Error() != "256 calls are being answered already: wait for some of them" {
		t.Errorf("one more: %v", err)
	}
	cancel()
	for range maxCalls {
		come(b, w.ended)
	}
	for {
		if _, _, err := b.call("list", nil); err == nil {
			break // the last of them has been answered
		} else if b.ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// While a person types, an agent that cannot wait for long is told so, whether it
// sends text, keys or a prompt.
func TestPersonTypes(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("room", "exec cat")
	person, err := a.m.Open(a.ctx, "room.test", exec.AttachOptions{HoldsKeyboard: true, Size: exec.Size{Rows: 24, Cols: 80}}, blind{})
	if err != nil {
		t.Fatal(err)
	}
	defer person.Detach(a.ctx)
	b := newAgent(t, Config{AnswerWithin: 3 * time.Second}, a.m)
	for _, in := range []args{{"text": "x"}, {"keys": []string{"Enter"}}, {"text": "x", "submit": true}} {
		if err := person.Type(a.ctx, []byte("p")); err != nil {
			t.Fatal(err)
		}
		in["session"] = "room"
		if _, _, err := b.call("send", in); err == nil || !strings.Contains(err.Error(), `somebody types into session "room.test"`) {
			t.Errorf("%v: %v", in, err)
		}
	}
}

// Each argument of each tool is refused by name where it is of another type, and so
// are those that a tool does not have.
func TestWrongTypes(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("prog", "exec cat")
	list, err := a.ListTools(a.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != len(tools) {
		t.Fatalf("%d tools are told of, want %d", len(list.Tools), len(tools))
	}
	for _, tool := range list.Tools {
		schema := tool.InputSchema.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		with := func(name string, value any) args {
			in := args{}
			for _, name := range required {
				in[name.(string)] = "prog"
			}
			in[name] = value
			return in
		}
		if len(properties) == 0 {
			t.Errorf("%s has no arguments", tool.Name)
		}
		for name := range properties {
			for _, wrong := range []any{map[string]any{"a": map[string]any{}}, []any{[]any{}}} {
				wantRefused(a, tool.Name, with(name, wrong), "/properties/"+name)
			}
		}
		wantRefused(a, tool.Name, with("nosuch", 1), "nosuch")
		for _, all := range []any{[]string{"prog"}, "prog", 5} {
			wantRefused(a, tool.Name, all, "arguments")
		}
	}
	a.do("screen", args{"session": "prog"})
}

// wantRefused makes a call that must be answered with an error that names what is wrong.
func wantRefused(a *agent, tool string, in any, names string) {
	a.t.Helper()
	got, err := a.CallTool(a.ctx, &sdk.CallToolParams{Name: tool, Arguments: in})
	switch {
	case err == nil && got.IsError:
		err = errors.New(got.Content[0].(*sdk.TextContent).Text)
	case err == nil:
		a.t.Errorf("%s %v is done: %v", tool, in, got.Content[0])
		return
	}
	if !strings.Contains(err.Error(), names) || a.ctx.Err() != nil {
		a.t.Errorf("%s %v: %v; want %s named", tool, in, err, names)
	}
}

// blind shows nothing of a session.
type blind struct{}

func (blind) Send(context.Context, exec.StreamOutput) bool { return true }

// losing are sessions whose output is gone before it is read.
type losing struct{ Sessions }

func (l losing) Logs(ctx context.Context, id string, o exec.LogsOptions) (*exec.Logs, error) {
	if o.From != nil {
		return nil, &exec.LostError{}
	}
	return l.Sessions.Logs(ctx, id, o)
}

func (losing) Wait(*types.PluginContext, string, exec.WaitOptions) (*exec.Waited, error) {
	return nil, &exec.LostError{From: 3, Until: 5}
}

// What a call cannot do in its time, or at all, its answer says.
func TestCallsInVain(t *testing.T) {
	a := newAgent(t, Config{}, nil)
	a.start("deaf", "stty raw -echo; echo ready; exec sleep 1000")
	a.do("wait", args{"session": "deaf", "for": "text", "pattern": "ready"})
	for range 2 { // one is being written, one waits for that
		a.do("send", args{"session": "deaf", "text": strings.Repeat("x", maxText)})
	}
	with := func(sessions Sessions, within time.Duration) *agent {
		return newAgent(t, Config{AnswerWithin: within, With: func(ctx context.Context, _ bool, do func(Sessions) error) error {
			if sessions == nil {
				<-ctx.Done()
				return ctx.Err()
			}
			return do(sessions)
		}}, a.m)
	}
	for _, test := range []struct {
		agent *agent
		tool  string
		in    args
		want  string
	}{
		{with(a.m, 3*time.Second), "send", args{"session": "deaf", "text": strings.Repeat("x", maxText)}, "the program does not read what is typed: "},
		{with(a.m, 3*time.Second), "send", args{"session": "deaf", "text": "x", "submit": true}, "not submitted: the program "},
		{with(nil, 50*time.Millisecond), "list", nil, "no answer within 50ms: context deadline exceeded"},
		{with(losing{a.m}, 0), "history", args{"session": "deaf"}, "the program prints faster than its output can be read: "},
		{with(losing{a.m}, 0), "wait", args{"session": "deaf", "for": "text", "pattern": "never", "since": 0}, "the output from offset 3 to 5 is lost: "},
		{a, "send", args{"session": "deaf", "keys": make([]string, maxKeys+1)}, "1001 keys, at most 1000 are pressed at once"},
		{a, "wait", args{"session": "deaf", "timeout": -1}, "timeout is -1: it is a number of seconds, from 0 on"},
		{a, "run", args{"session": "deaf", "command": "ls", "timeout": -1}, "timeout is -1: it is a number of seconds, from 0 on"},
	} {
		if _, _, err := test.agent.call(test.tool, test.in); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.tool, err, test.want)
		}
	}
}

// Sessions that end with their time have it from the server as well, which ends them
// should we be killed; a shorter one that the user has set stays.
func TestTTLIsTheServersToo(t *testing.T) {
	for _, user := range []time.Duration{0, time.Minute, 2 * time.Hour} {
		cfg := Config{TTL: time.Hour, Options: func(n NewSession) (exec.SessionOptions, error) {
			o, err := optionsOf(n)
			o.TTL = user
			return o, err
		}}
		want := time.Hour
		if user == time.Minute {
			want = user
		}
		a := newAgent(t, cfg, nil)
		a.start("prog", "exec cat")
		if all, err := a.m.ListAll(request(a.ctx)); err != nil || len(all) != 1 || all[0].TTL != want {
			t.Errorf("where the user has %v: %+v, %v", user, all, err)
		}
	}
}
