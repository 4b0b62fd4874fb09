package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type eventsOptions struct {
	After int64
}

func newEventsCommand(a *app) *cobra.Command {
	o := &eventsOptions{}
	cmd := &cobra.Command{
		Use:   "events [NAME...]",
		Short: "Print what happens to sessions, as it happens",
		Long: `Print a line of JSON for each thing that happens to the named sessions, or to
all, until it is interrupted. "kind" tells what: created, attached, detached,
resized, renamed, labelled, state, idle, expiring, ended, removed, adopted; of
what programs tell title, cwd, bell, notification and progress; and of shells
that mark their prompts prompt, command-started and command-finished.

"state" is stopped or running, or what the program is at as xsh report tells it,
with its message as "body"; what a shell is at only prompt and command-started
tell.

"number" counts the events: --after N goes on behind the one with that number,
as far as it is kept, and 0 begins with the oldest. "missed" tells how many were
not kept. Another server, after an upgrade or a crash, has none of those before
and says adopted of each session; the numbers go on, without some after a crash.
` + refsHelp + `

Exit codes: 0 interrupted, 1 failure, 2 usage, 254 the server left.`,
		Example: `  xsh events
  xsh events build --after 0
  xsh events | jq -r 'select(.kind == "bell").name'`,
		ValidArgsFunction: a.completeSessions(-1, anySession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runEvents(cmd.Context(), a, o, names) },
	}
	cmd.Flags().Int64Var(&o.After, "after", -1, "begin behind the event with the number `N`")
	return cmd
}

func runEvents(ctx context.Context, a *app, o *eventsOptions, names []string) error {
	c, names, err := a.dialNamed(ctx, names, anySession)
	if err != nil {
		return err
	}
	defer c.Close()
	var ids []string
	for _, name := range names {
		err := meantOne(ctx, c, name, func(_ *client.Client, name string) error {
			s, err := c.GetSession(request(ctx), name)
			if err == nil {
				ids = append(ids, s.ID)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	a.catchSignals()
	for ev, err := range c.Watch(ctx, o.After, ids...) {
		if err == nil {
			err = printEvent(a, ev)
		} else if ctx.Err() == nil {
			err = &codedError{codeLost, err}
		}
		if err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		return &codedError{codeLost, errors.New("the server left")}
	}
	return nil
}

// eventJSON is an event as a line of JSON has it.
type eventJSON struct {
	exec.Event
	Took *float64 `json:"took_seconds,omitempty"`
}

func printEvent(a *app, ev exec.Event) error {
	line, err := eventLine(ev)
	if err == nil {
		_, err = a.out.Write(line)
	}
	return err
}

// eventLine is an event as a line of JSON.
func eventLine(ev exec.Event) ([]byte, error) {
	line := eventJSON{Event: ev}
	if ev.Kind == exec.EventCommandFinished {
		line.Took = new(ev.Took.Seconds())
	}
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(line); err != nil {
		return nil, err
	}
	return harmlessJSON(plain.Bytes()), nil
}
