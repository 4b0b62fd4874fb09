package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newRespawnCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "respawn NAME...",
		Short: "Start the command of an ended session again",
		Long: `Start the command of an ended session again, in its place: with the name, the
ID, the labels, the directory and the environment that it had. What it printed
before is forgotten. If xsh restart-with said so, another command is started.
` + refsHelp + `
` + exitCodesHelp,
		Example:           `  xsh respawn build`,
		Args:              args(cobra.MinimumNArgs(1), "NAME"),
		ValidArgsFunction: a.completeSessions(-1, endedSession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runRespawn(cmd.Context(), a, names) },
	}
}

func runRespawn(ctx context.Context, a *app, names []string) error {
	return a.each(ctx, names, endedSession, func(c *client.Client, name string) error {
		_, err := c.Respawn(request(ctx), name)
		if errors.Is(err, exec.ErrSessionExists) {
			return withHint(err, "xsh kill "+harmless(name)+" ends it; then it can be started again")
		}
		return misnamed(ctx, c, name, err)
	})
}

func newClearHistoryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "clear-history NAME...",
		Short: "Forget the lines that left a session's screen",
		Long: `Forget the lines that left the screen of a session. The screen itself stays, and
so does what clients have in their own terminals.
` + refsHelp + `
` + exitCodesHelp,
		Example:           `  xsh clear-history web`,
		Args:              args(cobra.MinimumNArgs(1), "NAME"),
		ValidArgsFunction: a.completeSessions(-1, anySession),
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx := cmd.Context()
			return a.each(ctx, names, anySession, func(c *client.Client, name string) error {
				_, err := c.ClearHistory(request(ctx), name)
				return misnamed(ctx, c, name, err)
			})
		},
	}
}
