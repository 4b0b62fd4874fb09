package exec

import (
	"context"
	"fmt"
	"time"
)

const (
	// keyboardQuiet is for how long a person types nothing who has stopped typing, for
	// now: what he has begun is not to be gone on with by a script.
	keyboardQuiet = 3 * time.Second

	// keyboardPatience is how long a script's input waits for that.
	keyboardPatience = 20 * time.Second
)

// keyboardHeld is for how long the keyboard is a person's still.
func (s *session) keyboardHeld() time.Duration {
	now := s.m.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	held := time.Duration(0)
	for _, a := range s.clients.all {
		if a.opts.HoldsKeyboard && !a.client.usedAt.IsZero() {
			held = max(held, keyboardQuiet-now.Sub(a.client.usedAt))
		}
	}
	return min(held, keyboardQuiet)
}

// awaitKeyboard waits until no person types. Who types from inside the session is
// the person, or was started by it.
func (s *session) awaitKeyboard(ctx context.Context, by Typer) error {
	if by.Kind == TyperPerson || by.Client == s.id {
		return nil
	}
	deadline := s.m.clock.Now().Add(keyboardPatience)
	for {
		held := s.keyboardHeld()
		switch {
		case held <= 0:
			return nil
		case s.m.clock.Now().Add(held).After(deadline), endsBefore(ctx, held):
			// Who asked is told why, rather than that the time is over.
			return newKeyboardHeldError(s.id, s.name())
		}
		select {
		case <-s.m.clock.After(held):
		case <-s.done:
			return NewSessionClosedError(s.id)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// endsBefore reports whether a context has ended when that much time has passed.
func endsBefore(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < wait
}

func newKeyboardHeldError(id, name string) error {
	return &ExecSessionError{
		Code: ErrCodeKeyboardHeld, SessionID: id,
		Message: fmt.Sprintf("somebody types into session %q, and does not pause for %v", name, keyboardQuiet),
	}
}

// takeTurn waits until by may type: behind those who came before, and behind the
// turn of somebody else that has several calls. The caller calls endTurn.
func (s *session) takeTurn(ctx context.Context, by Typer) error {
	for {
		select {
		case s.typist.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		t := &s.typist // the turn guards what it has of turns
		left := t.heldUntil.Sub(s.m.clock.Now())
		if t.heldBy == "" || t.heldBy == by.Turn || left <= 0 {
			return nil
		}
		over := t.over
		<-t.turn
		select {
		case <-over:
		case <-s.m.clock.After(left):
		case <-s.done:
			return NewSessionClosedError(s.id)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// endTurn lets the next one type, unless by has more calls to come.
func (s *session) endTurn(by Typer) {
	t := &s.typist
	if t.over != nil {
		close(t.over)
	}
	t.heldBy, t.over = "", nil
	if by.Turn != "" && by.Hold > 0 {
		t.heldBy, t.over = by.Turn, make(chan struct{})
		t.heldUntil = s.m.clock.Now().Add(min(by.Hold, maxHold))
	}
	<-t.turn
}

// typer is who types at the client.
func (a *Attachment) typer() Typer {
	if a.opts.Headless {
		return Typer{Kind: TyperScript}
	}
	return Typer{Kind: TyperPerson}
}
