package exec

import (
	"context"
	"errors"
	"fmt"

	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
)

// Typist types into sessions without being attached. Manager and PluginClient
// are Typists.
type Typist interface {
	// Type types into the session's program, one input behind the other, as a
	// whole: what others type comes before or behind. It makes nobody the leader,
	// and waits while the program does not read, until ctx ends. While a person types
	// at a terminal that holds the keyboard (AttachOptions.HoldsKeyboard), it waits as
	// well, and returns ErrKeyboardHeld if that goes on for long. WithTyper says who
	// types. The result says
	// how much was taken, also beside an error. It returns ErrSessionNotFound,
	// ErrSessionClosed if the session has ended or ends before all was taken, and
	// ErrTerminalError for a key that has no name or a session without a terminal,
	// of whose input nothing is typed then.
	Type(ctx *types.PluginContext, sessionID string, input ...Input) (Typed, error)
}

// Input is something to type. Exactly one field is set.
type Input struct {
	// Text is typed as it is.
	Text []byte
	// Key is the name of a key: Enter, C-c, M-x, Up, F5, C-Left and so on. The
	// program gets it in the encoding that it has asked its terminal for.
	Key string
	// Paste is pasted: with Enter between lines and, if the program asked for
	// that, between the markers of a paste, which no text can end from inside.
	Paste []byte
}

// Typed is what Type did.
type Typed struct {
	// Offset is that of the output before which nothing answers to what was typed.
	Offset int64 `json:"offset"`
	// Bytes is how many bytes the terminal took.
	Bytes int64 `json:"bytes"`
}

// CheckKey returns an error that says what is wrong with the name of a key.
func CheckKey(name string) error {
	_, err := termin.ParseKey(name)
	return err
}

// Type implements Typist.
func (m *Manager) Type(pluginctx *types.PluginContext, sessionID string, input ...Input) (Typed, error) {
	s, err := m.active(sessionID)
	if err != nil {
		return Typed{}, err
	}
	if s.tty == nil {
		return Typed{}, NewTerminalError(s.id, errors.New("the session has no terminal to type into"))
	}
	for _, in := range input {
		if err := CheckKey(in.Key); in.Key != "" && err != nil {
			return Typed{}, NewTerminalError(s.id, err)
		}
	}
	ctx, by := pluginctx.Ctx(), TyperOf(pluginctx.Ctx())
	if err := s.takeTurn(ctx, by); err != nil {
		return Typed{}, err
	}
	defer func() { s.endTurn(by) }()
	if len(input) == 0 { // only ends its turn
		return Typed{}, nil
	}
	s.tellLeader() // a client that has just left is out of the program's environment
	var piece []byte
	for _, in := range input {
		piece = append(piece, s.encode(ctx, in)...)
	}
	if err := s.awaitKeyboard(ctx, by); err != nil {
		return Typed{}, err
	}
	_, end := s.log.Offsets()
	typed := Typed{Offset: end}
	now := m.clock.Now()
	s.mu.Lock()
	s.info.UsedAt = now
	s.typist.at, s.typist.event = &end, m.events.last()
	news := s.typist.last.note(by, now, &s.typist.recorded)
	s.expiry.use()
	s.mu.Unlock()
	s.answered()
	// Nothing that takes long stands between the look at the keyboard and this: a person
	// who begins to type meanwhile would have the piece in a line of theirs.
	n, err := s.tty.input.writeSome(ctx, piece)
	if news {
		s.save()
	}
	typed.Bytes = int64(n)
	switch {
	case errors.Is(err, errInputClosed):
		return typed, NewSessionClosedError(sessionID)
	case err != nil:
		return typed, fmt.Errorf("%d bytes were typed: %w", typed.Bytes, err)
	}
	return typed, nil
}

// encode returns an input as the session's terminal would send it now.
func (s *session) encode(ctx context.Context, in Input) []byte {
	if in.Text != nil {
		return in.Text
	}
	// What the program has asked for is known once the model has read it.
	_, end := s.log.Offsets()
	settling, over := patiently(ctx, settleWait)
	s.screen.Await(settling, end)
	over()
	modes := s.screen.InputModes()
	if in.Key == "" {
		return termin.EncodePaste(in.Paste, modes.BracketedPaste)
	}
	key, _ := termin.ParseKey(in.Key) // checked
	return termin.Encode(key, keyModes(modes))
}

func keyModes(m vt.InputModes) termin.Modes {
	return termin.Modes{
		AppCursor: m.AppCursor, AppKeypad: m.AppKeypad, Backarrow: m.Backarrow, NewLine: m.NewLine,
		OtherKeys: m.OtherKeys, Kitty: m.Kitty,
	}
}
