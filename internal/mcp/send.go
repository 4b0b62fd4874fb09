package mcp

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/xsh-project/xsh/pkg/exec"
)

type sendInput struct {
	Session string   `json:"session" jsonschema:"the session's name or ID"`
	Text    string   `json:"text,omitempty" jsonschema:"typed as it is; no Enter is added"`
	Keys    []string `json:"keys,omitempty" jsonschema:"keys pressed behind the text, by name: Enter, C-c, Escape, Up, F5, M-x, Tab and so on"`
	Submit  bool     `json:"submit,omitempty" jsonschema:"for a prompt to a full-screen program, such as another agent: paste the text, press Enter when the program shows it, and wait until the screen has changed"`
}

const maxText, maxKeys = 1 << 20, 1000

func sendTool() *sdk.Tool {
	return described("send", "Type into a session",
		`Type text, then press keys; or submit a text as a prompt. All of one call comes as one piece. For a command line in a shell use run, which tells the output and the status.
The answer has the offset of the output before which nothing answers to it: give that to wait as since, and to history as offset. While a person types there it waits for a pause.`, false, true)
}

func (s *server) send(ctx context.Context, sessions Sessions, in sendInput) (*answer, error) {
	switch {
	case in.Text == "" && len(in.Keys) == 0:
		return nil, errors.New("nothing to type: give text or keys")
	case in.Submit && (in.Text == "" || len(in.Keys) > 0):
		return nil, errors.New("submit takes a text, and no keys: it presses Enter itself")
	case len(in.Text) > maxText:
		return nil, fmt.Errorf("the text has %d bytes, at most %d are typed at once", len(in.Text), maxText)
	case len(in.Keys) > maxKeys:
		return nil, fmt.Errorf("%d keys, at most %d are pressed at once", len(in.Keys), maxKeys)
	}
	var input []exec.Input
	if in.Text != "" {
		input = append(input, exec.Input{Text: []byte(in.Text)})
	}
	for _, key := range in.Keys {
		if err := exec.CheckKey(key); err != nil {
			return nil, fmt.Errorf("%w (keys are such as C-c, M-x, Enter, Up or F5)", err)
		}
		input = append(input, exec.Input{Key: key})
	}
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.waiting(ctx, 0)
	defer cancel()
	if in.Submit {
		return s.submit(ctx, sessions, session, in.Text)
	}
	typed, err := sessions.Type(request(ctx), session.ID, input...)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("the program does not read what is typed: %d bytes were taken; screen shows what it does", typed.Bytes)
	} else if err != nil {
		return nil, err
	}
	return &answer{facts: map[string]any{"typed_bytes": typed.Bytes, "offset": typed.Offset}}, nil
}

func (s *server) submit(ctx context.Context, sessions Sessions, session *exec.Session, text string) (*answer, error) {
	_, end, err := bounds(ctx, sessions, session.ID)
	if err != nil {
		return nil, err
	}
	err = exec.Submit(request(ctx), sessions, session.ID, text)
	var not *exec.SubmitError
	if errors.As(err, &not) {
		return nil, fmt.Errorf("not submitted: %w; screen shows how far it came", err)
	} else if err != nil {
		return nil, err
	}
	return &answer{facts: map[string]any{"submitted": true, "offset": end}}, nil
}
