package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/xsh-project/xsh/pkg/exec"
)

// described returns a tool with hints for whoever asks a person before a call.
func described(name, title, text string, reads, destroys bool) *sdk.Tool {
	world := false
	return &sdk.Tool{Name: name, Title: title, Description: text, Annotations: &sdk.ToolAnnotations{
		Title: title, ReadOnlyHint: reads, IdempotentHint: reads, DestructiveHint: &destroys, OpenWorldHint: &world,
	}}
}

type listInput struct {
	From int `json:"from,omitempty" jsonschema:"begin with this one, counted from 0; a list that was cut says with which to go on"`
}

func listTool() *sdk.Tool {
	return described("list", "List sessions",
		`List the sessions that you may use, ended ones too: one JSON object a line with name, id, whether it is active or how it ended, its command, directory and what its program or shell is at.
A shell that is "prompt" can take a command line by run; "command" means that one runs. Sessions of others are not listed and cannot be used.`, true, false)
}

// listed is a session as list tells it.
type listed struct {
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Active  bool      `json:"active"`
	Exit    string    `json:"exit,omitempty"`
	Command string    `json:"command,omitempty"`
	Dir     string    `json:"dir,omitempty"`
	Title   string    `json:"title,omitempty"`
	Shell   string    `json:"shell,omitempty"`
	State   string    `json:"state,omitempty"`
	Message string    `json:"message,omitempty"`
	Person  bool      `json:"person_attached,omitempty"`
	Yours   bool      `json:"yours"`
	Created time.Time `json:"created"`
}

func (s *server) listed(session *exec.Session) listed {
	hide := func(text string) string { return s.Mask.Hide(brief(clean(text))) }
	l := listed{
		Name: s.shortName(session), ID: session.ID, Active: session.Exit == nil, Command: hide(strings.Join(session.Command, " ")),
		Dir: hide(session.Dir), Title: hide(session.Title), Shell: string(session.Shell), State: string(session.State.Name),
		Message: hide(session.State.Message), Person: session.Attached, Yours: s.own(session), Created: session.CreatedAt,
	}
	if session.Exit != nil {
		l.Exit = hide(session.Exit.String())
	}
	return l
}

func (s *server) list(ctx context.Context, sessions Sessions, in listInput) (*answer, error) {
	all, err := s.all(ctx, sessions)
	if err != nil {
		return nil, err
	}
	if in.From < 0 || in.From > len(all) {
		return nil, fmt.Errorf("from is %d, and there are %d sessions", in.From, len(all))
	}
	var text strings.Builder
	shown := 0
	for _, session := range all[in.From:] {
		line, err := json.Marshal(s.listed(session))
		if err != nil {
			return nil, err
		}
		if text.Len()+len(line) > defaultRoom-factsRoom {
			break
		}
		text.Write(append(line, '\n'))
		shown++
	}
	facts := map[string]any{"sessions": len(all)}
	if next := in.From + shown; next < len(all) {
		facts["go_on"] = fmt.Sprintf("there are more: list them with from %d", next)
	}
	return &answer{facts: facts, output: text.String(), shows: len(all) > 0}, nil
}

type newInput struct {
	Name    string            `json:"name,omitempty" jsonschema:"what to call it: letters, digits, '.', '_' and '-'; without one it is called after the directory"`
	Command []string          `json:"command,omitempty" jsonschema:"the program and its arguments, each a string of its own; without one it is the user's login shell, which is what run needs"`
	Dir     string            `json:"dir,omitempty" jsonschema:"the directory to start in"`
	Env     map[string]string `json:"env,omitempty" jsonschema:"variables to set besides those of the user"`
	Rows    int               `json:"rows,omitempty" jsonschema:"the terminal's height; give cols with it"`
	Cols    int               `json:"cols,omitempty" jsonschema:"the terminal's width; give rows with it"`
}

func newTool() *sdk.Tool {
	return described("new", "Start a session",
		`Start a session: a program on a terminal of its own, which goes on until it ends or you kill it, also when this connection is gone. Without a command it is a shell, for run.
The answer has the name by which the other tools take the session. End with kill what you need no longer: the number of sessions is bounded.`, false, false)
}

func (s *server) create(ctx context.Context, sessions Sessions, in newInput) (*answer, error) {
	ask := NewSession{Command: in.Command, Dir: in.Dir, Labels: map[string]string{Label: s.As}, Size: exec.Size{Rows: in.Rows, Cols: in.Cols}}
	if in.Name != "" {
		ask.Name = in.Name + s.nameEnd()
		if err := exec.CheckName(ask.Name); err != nil {
			return nil, fmt.Errorf("%w; %q is put behind the name that you give", err, s.nameEnd())
		}
	}
	if ask.Size != (exec.Size{}) && !ask.Size.Valid() {
		return nil, fmt.Errorf("rows are %d and cols %d: no terminal has that size", in.Rows, in.Cols)
	}
	if len(in.Command) > 0 && in.Command[0] == "" {
		return nil, errors.New("the command's first word is empty: it is the program")
	}
	for name, value := range in.Env {
		ask.Env = append(ask.Env, name+"="+value)
	}
	opts, err := s.Options(ask)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		opts.NameHint += s.nameEnd()
	}
	// Should we be killed, and not end it ourselves, the server does when nobody uses it.
	if s.TTL >= time.Second && (opts.TTL == 0 || s.TTL < opts.TTL) {
		opts.TTL = s.TTL
	}
	session, err := s.createOne(ctx, sessions, opts)
	if errors.Is(err, exec.ErrSessionExists) {
		return nil, fmt.Errorf("you have a session %q: use that one, or choose another name", in.Name)
	} else if err != nil {
		return nil, err
	}
	s.expiry.add(session)
	return &answer{facts: map[string]any{"name": s.shortName(session), "id": session.ID, "size": session.Size, "full_name": session.Name}}, nil
}

// createOne creates a session if the agent may have one more. Creates come one behind the
// other, so that a hundred at once are counted as well.
func (s *server) createOne(ctx context.Context, sessions Sessions, opts exec.SessionOptions) (*exec.Session, error) {
	select {
	case s.creating <- struct{}{}:
		defer func() { <-s.creating }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	all, err := s.all(ctx, sessions)
	if err != nil {
		return nil, err
	}
	active := slices.DeleteFunc(all, func(session *exec.Session) bool { return session.Exit != nil || !s.own(session) })
	if len(active) >= s.MaxSessions {
		return nil, fmt.Errorf("you have %d active sessions, and may have no more: kill those that you need no longer", len(active))
	}
	return sessions.CreateSession(request(ctx), opts)
}

type killInput struct {
	Session string `json:"session" jsonschema:"the session's name or ID"`
	Signal  string `json:"signal,omitempty" jsonschema:"send only this signal, such as INT or TERM, to what is in the foreground; without it the session is ended"`
}

func killTool() *sdk.Tool {
	return described("kill", "End a session",
		`End a session and wait until its program has ended; or, with signal, send only that to what is in the foreground on its terminal. To stop a command but keep its shell, send the key C-c instead.`, false, true)
}

func (s *server) kill(ctx context.Context, sessions Sessions, in killInput) (*answer, error) {
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	if in.Signal != "" {
		if _, err := exec.SignalNumber(in.Signal); err != nil {
			return nil, err
		}
		session, err = sessions.Signal(request(ctx), session.ID, in.Signal)
	} else {
		session, err = sessions.Kill(request(ctx), session.ID, exec.StreamSignalNone)
	}
	if errors.Is(err, exec.ErrSessionClosed) {
		return nil, fmt.Errorf("session %q has ended already", in.Session)
	} else if err != nil {
		return nil, err
	}
	facts := map[string]any{"session": s.shortName(session), "active": session.Exit == nil}
	if session.Exit != nil {
		facts["exit"] = session.Exit.String()
	}
	return &answer{facts: facts}, nil
}
