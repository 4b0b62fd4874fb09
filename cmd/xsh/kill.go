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
	f.StringVarP(&o.Signal, "signal", "s", "", "only send `SIGNAL`, such as INT or TERM, to what is in the foreground")
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
With -s nothing else is done than that SIGNAL, a name or a number, goes to what
is in the foreground on the session's terminal: to a shell's job rather than to
the shell. A session that was stopped so says so in xsh ls, until -s CONT.
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
	if o.Signal != "" {
		if _, err := exec.SignalNumber(o.Signal); err != nil {
			if near := nearest(strings.TrimPrefix(strings.ToUpper(o.Signal), "SIG"), signalNames()); near != "" {
				return withHint(&usageError{err}, "did you mean "+near+"?")
			}
			return withHint(&usageError{err}, "a name such as TERM, USR1 or RTMIN+1, or a number")
		}
	}
	names, err := a.namesOrMatching(ctx, names, o.All, o.Selector, activeSession)
	switch {
	case err != nil:
		return err
	case len(names) == 0 && o.Selector.given:
		return noMatch("active", o.Selector)
	case len(names) == 0:
		return nil
	}
	return a.each(ctx, names, activeSession, func(c *client.Client, name string) error {
		var err error
		if o.Signal != "" {
			_, err = c.Signal(request(ctx), name, o.Signal)
		} else {
			_, err = c.Kill(request(ctx), name, exec.StreamSignalNone)
		}
		return misnamed(ctx, c, name, err)
	})
}

// signalNames are the names of the signals that -s knows, as people write them.
func signalNames() []string {
	var names []string
	for _, name := range exec.SignalNames() {
		names = append(names, strings.TrimPrefix(name, "SIG"))
	}
	return names
}
