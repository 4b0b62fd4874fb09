package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type killOptions struct {
	Signal   string
	All      bool
	Selector selectorFlag
}

// AddFlags adds the command's flags.
func (o *killOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.Signal, "signal", "s", "", "only send `SIGNAL`, such as INT or TERM, to the program")
	f.BoolVarP(&o.All, "all", "a", false, "all active sessions")
	o.Selector.add(cmd)
	cmd.RegisterFlagCompletionFunc("signal", cobra.FixedCompletions(signalNames(), cobra.ShellCompDirectiveNoFileComp))
}

func newKillCommand(a *app) *cobra.Command {
	o := &killOptions{}
	cmd := &cobra.Command{
		Use:   "kill NAME...",
		Short: "End sessions, or send their programs a signal",
		Long: `End the named sessions: their programs get SIGHUP, and SIGKILL if they are
still there after three seconds. The command returns when they have ended.
With -s the programs get that signal and nothing else is done.
` + exitCodesHelp,
		Example: `  xsh kill work
  xsh kill -s INT build
  xsh kill -l project=web
  xsh kill -a`,
		ValidArgsFunction: a.completeSessions(-1, activeSession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runKill(cmd.Context(), a, o, names) },
	}
	o.AddFlags(cmd)
	return cmd
}

func runKill(ctx context.Context, a *app, o *killOptions, names []string) error {
	signal, err := parseSignal(o.Signal)
	if err != nil {
		return err
	}
	names, err = a.namesOrMatching(ctx, names, o.All, o.Selector, activeSession)
	switch {
	case err != nil:
		return err
	case len(names) == 0 && o.Selector.given:
		return noMatch("active", o.Selector)
	case len(names) == 0:
		return nil
	}
	return a.each(ctx, names, func(c *client.Client, name string) error {
		_, err := c.Kill(request(ctx), name, signal)
		return misnamed(ctx, c, name, err)
	})
}

// signals are those that -s knows.
var signals = []exec.StreamSignal{
	exec.StreamSignalSighup, exec.StreamSignalSigint, exec.StreamSignalSigquit, exec.StreamSignalSigterm,
	exec.StreamSignalSigkill, exec.StreamSignalSigusr1, exec.StreamSignalSigusr2, exec.StreamSignalSigwinch,
}

func signalNames() []string {
	var names []string
	for _, s := range signals {
		names = append(names, strings.TrimPrefix(s.String(), "SIG"))
	}
	return names
}

func parseSignal(name string) (exec.StreamSignal, error) {
	if name == "" {
		return exec.StreamSignalNone, nil
	}
	full := "SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG")
	for _, s := range signals {
		if s.String() == full {
			return s, nil
		}
	}
	return 0, withHint(usagef("no such signal %q", name), "one of "+strings.Join(signalNames(), ", "))
}
