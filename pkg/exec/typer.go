package exec

import (
	"context"
	"time"
)

// Typer is who types into a session.
type Typer struct {
	Kind TyperKind `json:"kind"`
	// Client says more, in its own words: the session that it runs in, its name.
	Client string `json:"client,omitempty"`
	// Turn, if it is not empty, makes several calls of Type one piece: until the last
	// one of that Turn, or until Hold is over, those of others wait. At most maxHold is
	// waited for. A call without input only ends its Turn, if Hold is zero.
	Turn string        `json:"-"`
	Hold time.Duration `json:"-"`
}

// TyperKind is what types.
type TyperKind string

// What types into sessions. Who says nothing is a script where it is not attached,
// and a person where a terminal is.
const (
	TyperPerson TyperKind = "person"
	TyperScript TyperKind = "script"
	TyperAgent  TyperKind = "agent"
)

// maxHold bounds Typer.Hold: whoever holds a turn may have died.
const maxHold = time.Minute

// TypedBy is somebody who typed, and when last.
type TypedBy struct {
	Typer
	At time.Time `json:"at"`
}

type typerKey struct{}

// WithTyper says who types by the calls of Type that are made with the context.
func WithTyper(ctx context.Context, by Typer) context.Context {
	return context.WithValue(ctx, typerKey{}, by)
}

// TyperOf returns who types by calls with the context; a script if nobody said.
func TyperOf(ctx context.Context) Typer {
	by, _ := ctx.Value(typerKey{}).(Typer)
	if by.Kind == "" {
		by.Kind = TyperScript
	}
	return by
}
