package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type lsOptions struct {
	All      bool
	Quiet    bool
	Watch    bool
	Selector string
	Output   string
}

// AddFlags adds the command's flags.
func (o *lsOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.All, "all", "a", false, "also the ended ones that are still kept")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "names only")
	f.StringVarP(&o.Selector, "selector", "l", "", "only those whose labels match, such as `KEY=VALUE`")
	f.StringVarP(&o.Output, "output", "o", "table", "`form`: table, wide or json")
	f.BoolVarP(&o.Watch, "watch", "w", false, "print the list again whenever it has changed")
}

func newLsCommand(a *app) *cobra.Command {
	o := &lsOptions{}
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List sessions",
		Long: `List the active sessions, oldest first. Without a server there are none; none
is started.
` + exitCodesHelp,
		Example: `  xsh ls
  xsh ls -a -o wide
  xsh ls -q -l project=web
  xsh ls -o json | jq '.[].name'`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(cmd.Context(), a, o) },
	}
	o.AddFlags(cmd)
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "wide", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runLs(ctx context.Context, a *app, o *lsOptions) error {
	match, err := parseSelector(o.Selector)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"table", "wide", "json"}, o.Output) {
		return usagef("no such output form %q: want table, wide or json", o.Output)
	}
	c, err := a.dial(ctx)
	if errors.Is(err, client.ErrNoServer) {
		return o.print(a, nil)
	} else if err != nil {
		return err
	}
	defer c.Close()
	if o.Watch {
		return o.watch(ctx, a, c, match)
	}
	list, err := o.list(ctx, c, match)
	if err != nil {
		return err
	}
	return o.print(a, list)
}

func (o *lsOptions) list(ctx context.Context, c *client.Client, match func(map[string]string) bool) ([]*exec.Session, error) {
	get := c.ListSessions
	if o.All {
		get = c.ListAll
	}
	list, err := get(request(ctx))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return slices.DeleteFunc(list, func(s *exec.Session) bool { return !match(s.Labels) }), nil
}

func (o *lsOptions) print(a *app, list []*exec.Session) error {
	switch {
	case o.Quiet:
		for _, s := range list {
			fmt.Fprintln(a.out, s.Name)
		}
		return nil
	case o.Output == "json":
		return printJSON(a.out, list)
	case len(list) == 0:
		fmt.Fprintln(a.err, "xsh: no sessions")
		fmt.Fprintln(a.err, "xsh: hint: xsh new starts one")
		return nil
	default:
		return printTable(a.out, list, o.Output == "wide", time.Now())
	}
}

func printJSON(w io.Writer, v any) error {
	if list, ok := v.([]*exec.Session); ok && list == nil {
		v = []*exec.Session{}
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(harmlessJSON(data), '\n'))
	return err
}

func printTable(w io.Writer, list []*exec.Session, wide bool, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if wide {
		fmt.Fprintln(t, "NAME\tSTATUS\tAGE\tCOMMAND\tID\tHANDLER\tSIZE\tUSED\tLABELS")
	} else {
		fmt.Fprintln(t, "NAME\tSTATUS\tAGE\tCOMMAND")
	}
	for _, s := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s", harmless(s.Name), status(s), age(now.Sub(s.CreatedAt)), command(s))
		if wide {
			used := "never"
			if !s.AttachedAt.IsZero() {
				used = age(now.Sub(s.AttachedAt)) + " ago"
			}
			fmt.Fprintf(t, "\t%s\t%s\t%v\t%s\t%s", harmless(s.ID), harmless(s.Handler), s.Size, used, labels(s.Labels))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func status(s *exec.Session) string {
	switch {
	case s.Exit != nil:
		return "ended, " + harmless(s.Exit.String())
	case s.Stopped:
		return "stopped"
	case s.Clients > 1:
		return fmt.Sprintf("attached (%d)", s.Clients)
	case s.Clients == 1:
		return "attached"
	default:
		return "detached"
	}
}

func command(s *exec.Session) string {
	if len(s.Command) == 0 {
		return "(login shell)"
	}
	return harmless(strings.Join(s.Command, " "))
}

func labels(m map[string]string) string {
	var pairs []string
	for k, v := range m {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	return harmless(strings.Join(pairs, ","))
}

// age is a duration in its largest unit, as a person would say it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
