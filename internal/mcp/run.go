package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/xsh-project/xsh/pkg/exec"
)

type runInput struct {
	Session string  `json:"session" jsonschema:"the session's name or ID; it must be a shell (bash, zsh or fish) at its prompt"`
	Command string  `json:"command" jsonschema:"the command line, as it would be typed; it may have several lines"`
	Timeout float64 `json:"timeout,omitempty" jsonschema:"answer after this many seconds at the latest; the command goes on"`
	Max     int     `json:"max_bytes,omitempty" jsonschema:"how large the answer may be, 16384 if it is not given"`
}

const maxCommand = 256 << 10

func runTool() *sdk.Tool {
	return described("run", "Run a command line",
		`Run a command line in a session's shell and tell its output and its status, once it has ended. Directory and variables stay for the next one.
It answers within 45 seconds. If the command still runs then, "done" is false and "next" has the arguments for wait: call wait with exactly those to get the rest of the output and the status. To stop the command, send the key C-c.`, false, true)
}

func (s *server) run(ctx context.Context, sessions Sessions, in runInput) (*answer, error) {
	space, err := room(in.Max)
	switch {
	case err != nil:
		return nil, err
	case in.Timeout < 0:
		return nil, noTimeout(in.Timeout)
	case strings.TrimSpace(in.Command) == "" || strings.Contains(in.Command, "\x00"):
		return nil, errors.New("no command line to run")
	case len(in.Command) > maxCommand:
		return nil, fmt.Errorf("the command line has %d bytes, at most %d are run: write it to a file", len(in.Command), maxCommand)
	}
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	if session.Exit != nil {
		return nil, fmt.Errorf("session %q has ended (%s): start another one with new", in.Session, session.Exit)
	}
	most, cancel := s.waiting(ctx, 0)
	defer cancel()
	begun, err := s.Begin(most, sessions, session, in.Command)
	if err != nil {
		return nil, fmt.Errorf("%w (wait for prompt tells when a shell can take a command line; send and screen work with any program)", err)
	}
	waiting, cancel := s.waiting(most, in.Timeout) // of the command, not of what comes before it
	defer cancel()
	return s.follow(ctx, waiting, sessions, session, waitInput{
		Session: in.Session, For: string(exec.WaitCommand), Run: begun.Run, Offset: &begun.Offset, Max: in.Max,
	}, exec.WaitOptions{For: exec.WaitCommand, Run: begun.Run}, space)
}

type waitInput struct {
	Session string  `json:"session" jsonschema:"the session's name or ID"`
	For     string  `json:"for,omitempty" jsonschema:"what to wait for: exit (the program has ended), command (the shell's command has finished), prompt (the shell is at its prompt), idle (nothing was printed for some seconds), text (the screen shows a pattern, or it was printed meanwhile), gone (the screen does not show it), bell, title (matches a pattern), state (working, blocked, idle, done, failed, attached, detached, stopped or ended, given as pattern); without it exit"`
	Pattern string  `json:"pattern,omitempty" jsonschema:"the regular expression for text, gone and title; the state for state"`
	Idle    float64 `json:"idle,omitempty" jsonschema:"for idle: how many seconds"`
	Run     string  `json:"run,omitempty" jsonschema:"for command: the one that run has begun with, as its answer told"`
	Since   *int64  `json:"since,omitempty" jsonschema:"only what was printed from this offset on counts, as send's answer has it; without it, what is the case now counts too"`
	Offset  *int64  `json:"offset,omitempty" jsonschema:"also tell what was printed from this offset on"`
	Timeout float64 `json:"timeout,omitempty" jsonschema:"answer after this many seconds at the latest"`
	Max     int     `json:"max_bytes,omitempty" jsonschema:"how large the answer may be, 16384 if it is not given"`
}

func waitTool() *sdk.Tool {
	return described("wait", "Wait for something in a session",
		`Wait until something happens in a session. It answers within 45 seconds: if "done" is false it has not happened yet, and "next" has the arguments to go on with, so that nothing between two calls is missed.`, true, false)
}

func (s *server) wait(ctx context.Context, sessions Sessions, in waitInput) (*answer, error) {
	space, err := room(in.Max)
	if err != nil {
		return nil, err
	}
	what, err := in.options()
	if err != nil {
		return nil, err
	}
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	waiting, cancel := s.waiting(ctx, in.Timeout)
	defer cancel()
	if in.Since == nil && what.Run == "" && what.For != exec.WaitState {
		// A next call counts from here on, but for what is the case now, which this
		// one looks at. A state has no offset of its own.
		_, end, err := bounds(ctx, sessions, session.ID)
		if err != nil {
			return nil, err
		}
		in.Since = &end
	}
	return s.follow(ctx, waiting, sessions, session, in, what, space)
}

func noTimeout(seconds float64) error {
	return fmt.Errorf("timeout is %g: it is a number of seconds, from 0 on", seconds)
}

// options checks what is to be waited for.
func (in *waitInput) options() (exec.WaitOptions, error) {
	if in.For == "" {
		in.For = string(exec.WaitExit)
	}
	w := exec.WaitOptions{
		For: exec.WaitFor(in.For), Pattern: in.Pattern, Idle: time.Duration(in.Idle * float64(time.Second)), Since: in.Since, Run: in.Run,
	}
	takes := false
	switch w.For {
	case exec.WaitText, exec.WaitGone, exec.WaitTitle:
		if takes = true; in.Pattern == "" {
			return w, fmt.Errorf("wait for %s needs a pattern", in.For)
		}
		if err := checkPattern(in.Pattern); err != nil {
			return w, err
		}
	case exec.WaitState:
		takes = true
	case exec.WaitIdle:
		if in.Idle <= 0 || in.Idle > 3600 {
			return w, errors.New("wait for idle needs idle, a number of seconds")
		}
	case exec.WaitExit, exec.WaitCommand, exec.WaitPrompt, exec.WaitBell:
	default:
		return w, fmt.Errorf("cannot wait for %.40q: it is exit, command, prompt, idle, text, gone, bell, title or state", in.For)
	}
	switch {
	case !takes && in.Pattern != "":
		return w, fmt.Errorf("wait for %s takes no pattern: for text does", in.For)
	case in.Timeout < 0:
		return w, noTimeout(in.Timeout)
	case in.Run != "" && w.For != exec.WaitCommand:
		return w, fmt.Errorf("run goes with for command, not %s", in.For)
	case in.Since != nil && *in.Since < 0 || in.Offset != nil && *in.Offset < 0:
		return w, errors.New("since and offset are offsets, as answers have them, from 0 on")
	}
	return w, nil
}

// waited is what run and wait tell.
type waited struct {
	Session string `json:"session"`
	Done    bool   `json:"done"`
	Active  bool   `json:"active"`
	Reason  string `json:"reason,omitempty"`
	Status  *int   `json:"status,omitempty"`
	Exit    string `json:"exit,omitempty"`
	Row     *int   `json:"row,omitempty"`
	At      *int64 `json:"at_offset,omitempty"`
	Output  *facts `json:"output,omitempty"`
	Next    *next  `json:"next,omitempty"`
}

// next is the call with which to go on.
type next struct {
	Why       string    `json:"why"`
	Tool      string    `json:"tool"`
	Arguments waitInput `json:"arguments"`
}

// follow waits, and tells what came with the output from in.Offset on.
func (s *server) follow(
	ctx, waiting context.Context, sessions Sessions, session *exec.Session, in waitInput, what exec.WaitOptions, space int,
) (*answer, error) {
	w, err := sessions.Wait(request(waiting), session.ID, what)
	// The server keeps the same time, and may be the first to say that it is over.
	still := err != nil && (waiting.Err() != nil || errors.Is(err, context.DeadlineExceeded)) && ctx.Err() == nil
	ended := errors.Is(err, exec.ErrSessionClosed)
	var gone *exec.LostError
	switch {
	case err == nil, still:
	case ended && in.Offset != nil: // what it printed last is told all the same
	case ended:
		return nil, fmt.Errorf("session %q has ended, and before it did there was no %s", in.Session, in.For)
	case errors.As(err, &gone):
		return nil, fmt.Errorf("%w; nobody knows whether there was %s in it: wait without since, for what is the case now or comes", err, in.For)
	default:
		return nil, err
	}
	facts := &waited{Session: s.shortName(session), Active: !ended && session.Exit == nil, Done: !still, Reason: string(what.For)}
	r := reading{until: -1, room: space, whole: ended}
	got := &answer{facts: facts}
	switch {
	case still:
		facts.Reason = ""
	case ended:
		facts.Reason = "the session ended"
	default:
		s.tell(facts, got, w)
		if what.For == exec.WaitExit || what.Run != "" {
			r.until, r.whole = w.Offset, true
		}
	}
	if in.Offset != nil {
		r.from = *in.Offset
		p, err := readPage(ctx, sessions, session.ID, r, s.Mask)
		if err != nil {
			return nil, err
		}
		facts.Output = &p.facts
		got.output, got.shows = got.output+p.text, true
		in.Offset = &p.NextOffset
	}
	if still {
		facts.Next = &next{Why: "it is not over yet: go on with wait and these arguments", Tool: "wait", Arguments: in}
	}
	return got, nil
}

// tell tells what a wait ended with.
func (s *server) tell(facts *waited, got *answer, w *exec.Waited) {
	facts.Active, facts.Status, facts.At = w.Session.Exit == nil, w.Status, &w.Offset
	if w.Session.Exit != nil {
		facts.Exit = w.Session.Exit.String()
	}
	if w.Reason == exec.WaitText {
		facts.Row = &w.Row
	}
	if w.Match != "" {
		got.output, got.shows = "match: "+s.Mask.Hide(brief(clean(w.Match)))+"\n", true
	}
}
