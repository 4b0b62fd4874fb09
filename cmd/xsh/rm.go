package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type rmOptions struct {
	All      bool
	Selector selectorFlag
}

func newRmCommand(a *app) *cobra.Command {
	o := &rmOptions{}
	cmd := &cobra.Command{
		Use:   "rm NAME...",
		Short: "Forget ended sessions",
		Long: `Forget sessions that have ended, with what their programs printed. An active
session is not touched; xsh kill ends it. Without xsh rm an ended session is
kept for 24 hours, and 50 of them: the settings ended_hours and ended_sessions
say otherwise.
` + exitCodesHelp,
		Example: `  xsh rm build
  xsh rm -a`,
		ValidArgsFunction: a.completeSessions(-1, endedSession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runRm(cmd.Context(), a, o, names) },
	}
	cmd.Flags().BoolVarP(&o.All, "all", "a", false, "all ended sessions")
	o.Selector.add(cmd)
	return cmd
}

func runRm(ctx context.Context, a *app, o *rmOptions, names []string) error {
	names, err := a.namesOrMatching(ctx, names, o.All, o.Selector, endedSession)
	switch {
	case err != nil:
		return err
	case len(names) == 0 && o.Selector.given:
		say(a.err, noMatch("ended", o.Selector))
		return nil
	case len(names) == 0:
		return nil
	}
	return a.each(ctx, names, endedSession, func(c *client.Client, name string) error {
		return stillActive(misnamed(ctx, c, name, c.Remove(request(ctx), name)), name)
	})
}

// stillActive says what to do about a session that cannot be forgotten yet.
func stillActive(err error, name string) error {
	if errors.Is(err, exec.ErrSessionExists) {
		return withHint(err, "xsh kill "+harmless(name)+" ends it; then it can be removed")
	}
	return err
}
