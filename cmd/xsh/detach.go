package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newDetachCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "detach [NAME...]",
		Short: "Detach the clients of a session",
		Long: `End every attachment of the named sessions, or, without NAME, of the session
that the command runs in. The sessions go on.
` + exitCodesHelp,
		Example: `  xsh detach           inside a session: leave it
  xsh detach work      send everybody away from work`,
		ValidArgsFunction: a.completeSessions(-1, activeSession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runDetach(cmd.Context(), a, names) },
	}
}

func runDetach(ctx context.Context, a *app, names []string) error {
	if len(names) == 0 {
		inside := a.getenv("XSH_SESSION_ID")
		if inside == "" {
			return withHint(usagef("not inside a session"), "name the session to detach")
		}
		names = []string{inside}
	}
	return a.each(ctx, names, activeSession, func(c *client.Client, name string) error {
		_, err := c.DetachAll(request(ctx), name)
		if errors.Is(err, exec.ErrSessionNotFound) {
			id, err := meant(ctx, c, name, err)
			if err != nil {
				return err
			}
			_, err = c.DetachAll(request(ctx), id)
			return err
		}
		return err
	})
}

// each does the same to every named session; a pattern names those that are wanted. One that fails is reported and
// does not keep the others from their turn.
func (a *app) each(ctx context.Context, names []string, want func(*exec.Session) bool, do func(*client.Client, string) error) error {
	c, names, err := a.dialNamed(ctx, names, want)
	if err != nil {
		return err
	}
	defer c.Close()
	return a.doAll(ctx, c, names, do)
}

// namesOrMatching returns the names given, or those of the sessions that match
// when all or a selector is asked for instead.
func (a *app) namesOrMatching(ctx context.Context, names []string, all bool, l selectorFlag, want func(*exec.Session) bool) ([]string, error) {
	byRule := all || l.given
	switch {
	case byRule && len(names) > 0:
		return nil, usagef("names do not go with -a or -l")
	case l.given && l.Empty():
		return nil, withHint(usagef("the selector is empty, and would match every session"), "use -a for all")
	case !byRule && len(names) == 0:
		return nil, withHint(usagef("no session named"), "name some, or use -a for all")
	case !byRule:
		return names, nil
	}
	c, err := a.dial(ctx)
	if errors.Is(err, client.ErrNoServer) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer c.Close()
	list, err := listSessions(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if want(s) && l.Matches(s.Labels) {
			names = append(names, s.ID)
		}
	}
	return names, nil
}

func activeSession(s *exec.Session) bool { return s.Exit == nil }
func endedSession(s *exec.Session) bool  { return s.Exit != nil }
