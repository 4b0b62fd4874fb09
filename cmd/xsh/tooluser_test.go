package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	osexec "os/exec"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// startTools starts xsh mcp with arguments, in an environment, and greets it as an
// agent does. The caller closes the session, which ends the command.
func startTools(ctx context.Context, env []string, args ...string) (*sdk.ClientSession, *osexec.Cmd, error) {
	server := osexec.Command("xsh", append([]string{"mcp"}, args...)...)
	server.Env, server.Stderr = env, os.Stderr
	client := sdk.NewClient(&sdk.Implementation{Name: "agent", Version: "1"}, nil)
	session, err := client.Connect(ctx, &sdk.CommandTransport{Command: server, TerminateDuration: patience}, nil)
	return session, server, err
}

// toolUser is an agent of a test. Its methods may be called concurrently.
type toolUser struct {
	*sdk.ClientSession
	t      *testing.T
	ctx    context.Context // of its calls
	server *osexec.Cmd     // xsh mcp
}

// useTools starts xsh mcp in a place.
func (p *place) useTools(args ...string) *toolUser {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // it goes on into the cleanup
	p.t.Cleanup(cancel)
	session, server, err := startTools(ctx, p.env, args...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { session.Close() })
	return &toolUser{session, p.t, ctx, server}
}

type toolArgs map[string]any

// toolAnswer is what the tests look at of the tools' answers.
type toolAnswer struct {
	Sessions   int
	Done       bool
	Offset     int64
	NextOffset int64  `json:"next_offset"`
	GoOn       string `json:"go_on"`
	Next       struct{ Arguments toolArgs }

	output string // of programs, without its frame
}

// call makes a call; an answer that says what is wrong is an error.
func (u *toolUser) call(tool string, in toolArgs) (*toolAnswer, error) {
	ctx, cancel := context.WithTimeout(u.ctx, 2*patience)
	defer cancel()
	got, err := u.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: in})
	if err != nil {
		return nil, err
	}
	text := func(i int) string { return got.Content[i].(*sdk.TextContent).Text }
	if got.IsError {
		return nil, errors.New(text(0))
	}
	answer := &toolAnswer{}
	if len(got.Content) > 1 {
		_, answer.output, _ = strings.Cut(text(1), "\n")
		answer.output = answer.output[:strings.LastIndex(answer.output, "</output")]
	}
	return answer, json.Unmarshal([]byte(text(0)), answer)
}

// do is call for one that must work.
func (u *toolUser) do(tool string, in toolArgs) *toolAnswer {
	u.t.Helper()
	answer, err := u.call(tool, in)
	if err != nil {
		u.t.Fatalf("%s %v: %v", tool, in, err)
	}
	return answer
}
