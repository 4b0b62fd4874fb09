package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newSwitchCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "switch [NAME]",
		Short: "Move this terminal to another session",
		Long: `Inside a session: leave it, and attach this terminal to another one, without
NAME to the one used last before, so that xsh switch goes to and fro. The
terminal that moves is the one in which somebody typed last; others that are
attached stay.

Only a command in the foreground of a session's terminal can do that: what runs
in the background moves nobody's terminal.

NAME is a session's name or ID; - is the one used last before this one.
` + exitCodesHelp,
		Example: `  xsh switch web       go to the session web
  xsh switch           and back`,
		Args:              args(cobra.MaximumNArgs(1), "at most one NAME"),
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE: func(cmd *cobra.Command, list []string) error {
			return runSwitch(cmd.Context(), a, append(list, "-")[0])
		},
	}
}

func runSwitch(ctx context.Context, a *app, to string) error {
	if a.getenv("XSH_SESSION_ID") == "" {
		return withHint(errors.New("not inside a session"), "xsh attach brings a session to this terminal")
	}
	return a.one(ctx, to, func(c *client.Client, to string) error {
		list, err := c.ListSessions(request(ctx))
		if err != nil {
			return err
		}
		here := a.insideOf(list)
		if here == nil {
			return withHint(errors.New("this terminal is not a session's own"), "leave the program that opened it first, or use xsh attach elsewhere")
		}
		_, err = c.Switch(ctx, to)
		var refused *client.RefusedError
		if errors.As(err, &refused) {
			return withHint(err, "type xsh switch at the prompt of the session")
		}
		if errors.Is(err, exec.ErrSessionClosed) {
			return withHint(fmt.Errorf("cannot switch: %w", err), "xsh respawn starts its command again")
		}
		return err
	})
}
