package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type resizeOptions struct {
	Name string
	Size string // or a policy
	Keep bool
}

func newResizeCommand(a *app) *cobra.Command {
	o := &resizeOptions{}
	cmd := &cobra.Command{
		Use:   "resize NAME COLSxROWS|leader|largest|smallest",
		Short: "Give a session's terminal another size",
		Long: `Give the terminal of a session another size, as xsh ls -o wide shows it:
columns, x, rows. A client that attaches or types gives it its own again, unless
the size is kept.

Or say whose size it has while several clients are attached: that of the leader,
who attached or typed last; the largest, so that everybody's terminal is filled;
or the smallest, so that everybody sees all. It stays so until you say
otherwise. The setting size has the same for new sessions. Clients that only
watch, or came with --no-resize, do not count.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh resize web 120x40           until somebody attaches or types
  xsh resize --keep web 120x40    whoever attaches
  xsh resize web smallest         as small as the smallest client's
  xsh resize web leader           as it was at first`,
		Args: args(cobra.ExactArgs(2), "NAME and COLSxROWS, leader, largest or smallest"),
		ValidArgsFunction: func(cmd *cobra.Command, list []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(list) == 1 {
				return clientPolicies, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeSessions(1, activeSession)(cmd, list, to)
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Name, o.Size = list[0], list[1]
			return runResize(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVarP(&o.Keep, "keep", "k", false, "keep that size, whoever attaches or types")
	return cmd
}

func runResize(ctx context.Context, a *app, o *resizeOptions) error {
	if slices.Contains(clientPolicies, o.Size) {
		if o.Keep {
			return usagef("--keep goes with a size, not with %s", o.Size)
		}
		return a.one(ctx, o.Name, func(c *client.Client, name string) error {
			_, err := c.SetSizePolicy(request(ctx), name, exec.SizePolicy(o.Size))
			return err
		})
	}
	size, err := parseSize(o.Size)
	if err != nil {
		return err
	}
	return a.one(ctx, o.Name, func(c *client.Client, name string) error {
		if o.Keep { // first, so that no client takes the size away in between
			if _, err := c.SetSizePolicy(request(ctx), name, exec.SizeFixed); err != nil {
				return err
			}
		}
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
