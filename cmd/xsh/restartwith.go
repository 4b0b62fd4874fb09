package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
)

type restartWithOptions struct {
	Session string
	Clear   bool
}

func newRestartWithCommand(a *app) *cobra.Command {
	o := &restartWithOptions{}
	cmd := &cobra.Command{
		Use:   "restart-with -- COMMAND [ARG...]",
		Short: "Say what a session runs when it is started again",
		Long: `Say what xsh respawn and xsh restore start in this directory in place of the
session's own command: an editor with its session file, an agent with the
conversation to go on with. It is for programs in the session, and hooks of
theirs; -s names another session. Once it was started it is the session's
command. --clear takes it back.
` + exitCodesHelp,
		Example: `  xsh restart-with -- vim -S Session.vim
  xsh restart-with --clear
  xsh restart-with -s web -- make serve`,
		Args: func(cmd *cobra.Command, list []string) error {
			switch dash := cmd.ArgsLenAtDash(); {
			case o.Clear && len(list) > 0:
				return usagef("a command does not go with --clear")
			case o.Clear:
				return nil
			case dash != 0 && len(list) > 0:
				return withHint(usagef("the command goes behind --"), "xsh restart-with -- "+list[len(list)-1]+" ...")
			case len(list) == 0:
				return withHint(usagef("no command after --"), "--clear takes back what was said before")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, list []string) error { return runRestartWith(cmd.Context(), a, o, list) },
	}
	cmd.Flags().StringVarP(&o.Session, "session", "s", "", "`NAME` of the session (default: the one it is typed in)")
	cmd.Flags().BoolVar(&o.Clear, "clear", false, "start the session's own command again")
	cmd.RegisterFlagCompletionFunc("session", a.completeSessions(1, anySession))
	return cmd
}

func runRestartWith(ctx context.Context, a *app, o *restartWithOptions, command []string) error {
	name := o.Session
	if name == "" {
		// A hook may have no terminal, and what its session's program started has the
		// variable in any case.
		if name = a.getenv("XSH_SESSION_ID"); name == "" {
			return withHint(usagef("not inside a session"), "name one with -s")
		}
	}
	dir := ""
	if !o.Clear {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return withHint(errors.New("the current directory is gone"), "go to one that is there")
		}
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		_, err := c.RestartWith(request(ctx), name, command, dir)
		return err
	})
}
