package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
)

type rmOptions struct {
	All      bool
	Selector string
}

func newRmCommand(a *app) *cobra.Command {
	o := &rmOptions{}
	cmd := &cobra.Command{
		Use:   "rm NAME...",
		Short: "Forget ended sessions",
		Long: `Forget sessions that have ended, with what their programs printed. An active
session is not touched; xsh kill ends it.
` + exitCodesHelp,
		Example: `  xsh rm build
  xsh rm -a`,
		ValidArgsFunction: a.completeSessions(-1, endedSession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runRm(cmd.Context(), a, o, names) },
	}
	cmd.Flags().BoolVarP(&o.All, "all", "a", false, "all ended sessions")
	cmd.Flags().StringVarP(&o.Selector, "selector", "l", "", "those whose labels match, such as `KEY=VALUE`")
	return cmd
}

func runRm(ctx context.Context, a *app, o *rmOptions, names []string) error {
	names, err := a.namesOrMatching(ctx, names, o.All, o.Selector, endedSession)
	if err != nil || len(names) == 0 {
		return err
	}
	return a.each(ctx, names, func(c *client.Client, name string) error {
		return c.Remove(request(ctx), name)
	})
}
