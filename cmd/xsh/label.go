package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/client"
)

func newLabelCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "label NAME KEY=VALUE... KEY-...",
		Short: "Set and remove labels of a session",
		Long: `Set labels of a session, or remove those that have a - behind their key. -l of
other commands selects sessions by them. NAME may be a pattern of several names,
such as 'web-*'.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh label web project=shop tier=front
  xsh label web tier-
  xsh ls -l project=shop`,
		Args: args(cobra.MinimumNArgs(2), "NAME and labels, KEY=VALUE or KEY-"),
		ValidArgsFunction: func(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 {
				return a.completeLabels(cmd, given, typed)
			}
			return a.completeSessions(1, anySession)(cmd, given, typed)
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			return runLabel(cmd.Context(), a, list[0], list[1:])
		},
	}
}

func runLabel(ctx context.Context, a *app, name string, list []string) error {
	var pairs, remove []string
	for _, l := range list {
		key, removed := strings.CutSuffix(l, "-")
		if !removed || strings.Contains(l, "=") {
			pairs = append(pairs, l)
			continue
		}
		if err := selector.CheckKey(key); err != nil {
			return &usageError{err}
		}
		remove = append(remove, key)
	}
	set, err := labelPairs(pairs)
	if err != nil {
		return err
	}
	for _, key := range remove {
		if _, both := set[key]; both {
			return usagef("label %q is to be set and removed", key)
		}
	}
	return a.each(ctx, []string{name}, anySession, func(c *client.Client, name string) error {
		return meantOne(ctx, c, name, func(_ *client.Client, name string) error {
			_, err := c.Label(request(ctx), name, set, remove)
			return err
		})
	})
}
