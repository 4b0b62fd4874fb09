package exec

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// SubmitError says how far a Submit came.
type SubmitError struct {
	// Why says what the program did not do.
	Why string
	Err error
}

// Error says why.
func (e *SubmitError) Error() string { return fmt.Sprintf("%s: %v", e.Why, e.Err) }

// Unwrap returns the error of the call that failed.
func (e *SubmitError) Unwrap() error { return e.Err }

const (
	// submitQuiet is for how long nothing is printed when a program has taken in
	// what was pasted.
	submitQuiet = 300 * time.Millisecond

	// submitEnter is how long a program may take to answer to Enter before it is
	// pressed again: one that gets it too soon behind a paste may pass over it.
	submitEnter = 2 * time.Second

	// submitHold is for how long nobody else's prompt comes behind one that the
	// program is taking in.
	submitHold = 30 * time.Second
)

// Submit is for programs that take in a pasted prompt slowly. What others type by
// Type comes before all of it, or behind. It pastes text, waits until the program shows
// something and is quiet, presses Enter, and waits until the program has answered to
// that. It returns a SubmitError if one of these does not come before the context ends,
// or the session ends; and ErrKeyboardHeld, having typed nothing, where a person types.
func Submit(ctx *types.PluginContext, d Driver, sessionID, text string) error {
	by := TyperOf(ctx.Ctx())
	by.Turn, by.Hold = rand.Text(), submitHold
	ctx = ctx.WithContext(WithTyper(ctx.Ctx(), by))
	defer endTurn(ctx, d, sessionID)
	typed, err := d.Type(ctx, sessionID, Input{Paste: []byte(text)})
	if errors.Is(err, ErrKeyboardHeld) { // nothing was typed
		return err
	} else if err != nil {
		return notSubmitted("the program takes nothing in", err)
	}
	if err := answers(ctx, d, sessionID, typed); err != nil {
		return notSubmitted("the program does not show the text", err)
	}
	if _, err := d.Wait(ctx, sessionID, WaitOptions{For: WaitIdle, Idle: submitQuiet}); err != nil {
		return notSubmitted("the screen does not become quiet", err)
	}
	for {
		entered, err := d.Type(ctx, sessionID, Input{Key: "Enter"})
		if err != nil {
			return notSubmitted("the program takes nothing in", err)
		}
		pressed, cancel := context.WithTimeout(ctx.Ctx(), submitEnter)
		err = answers(ctx.WithContext(pressed), d, sessionID, entered)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Ctx().Err() != nil, !errors.Is(err, context.DeadlineExceeded):
			return notSubmitted("the program did not move on when Enter was pressed", err)
		}
	}
}

// endTurn lets others type, also when the time of the context is over.
func endTurn(ctx *types.PluginContext, d Driver, sessionID string) {
	by := TyperOf(ctx.Ctx())
	by.Hold = 0
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx.Ctx()), submitEnter)
	defer cancel()
	d.Type(ctx.WithContext(WithTyper(ending, by)), sessionID) // else the hold is over by itself
}

// answers waits until the program has printed something that can be seen since
// something was typed.
func answers(ctx *types.PluginContext, d Driver, sessionID string, typed Typed) error {
	_, err := d.Wait(ctx, sessionID, WaitOptions{For: WaitText, Pattern: `\S`, Since: &typed.Offset})
	return err
}

func notSubmitted(why string, err error) error {
	if errors.Is(err, ErrSessionNotFound) {
		return err
	}
	return &SubmitError{Why: why, Err: err}
}
