package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newRenameCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rename NAME NEW",
		Short: "Give a session another name",
		Long: `Give a session another name. Its ID stays, and so does what is attached to it. A
name is 1-64 of letters, digits, '.', '_' and '-'.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh rename xsh-2 docs
  xsh rename . docs    inside a session: this one`,
		Args:              args(cobra.ExactArgs(2), "NAME and the new name"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runRename(cmd.Context(), a, list[0], list[1]) },
	}
}

func runRename(ctx context.Context, a *app, name, to string) error {
	if err := exec.CheckName(to); err != nil {
		return &usageError{err}
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		_, err := c.Rename(request(ctx), name, to)
		if errors.Is(err, exec.ErrSessionExists) {
			return withHint(err, "xsh ls lists the names in use")
		}
		return err
	})
}
