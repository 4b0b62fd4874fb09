package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newResizeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resize NAME COLSxROWS",
		Short: "Give a session's terminal another size",
		Long: `Give the terminal of a session another size, as xsh ls -o wide shows it:
columns, x, rows. A client that attaches or types gives it its own again.
` + refsHelp + `
` + exitCodesHelp,
		Example:           `  xsh resize web 120x40`,
		Args:              args(cobra.ExactArgs(2), "NAME and COLSxROWS"),
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runResize(cmd.Context(), a, list[0], list[1]) },
	}
}

func runResize(ctx context.Context, a *app, name, text string) error {
	size, err := parseSize(text)
	if err != nil {
		return err
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		return c.ResizeSession(request(ctx), name, int32(size.Rows), int32(size.Cols))
	})
}

// parseSize reads a size as ls shows it.
func parseSize(text string) (exec.Size, error) {
	var size exec.Size
	n, err := fmt.Sscanf(text+"\n", "%dx%d\n", &size.Cols, &size.Rows)
	if n != 2 || err != nil || !size.Valid() {
		return size, withHint(usagef("bad size %q: want columns, x, rows, each 1 to 65535", text), "such as 80x24")
	}
	return size, nil
}
