package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/turns"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type attachOptions struct {
	Name   string
	Create bool
	attachFlags
}

// AddFlags adds the command's flags.
func (o *attachOptions) AddFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.Create, "create", "c", false, "start a shell of that name if there is no such session")
	o.addTo(cmd)
}

func newAttachCommand(a *app) *cobra.Command {
	o := &attachOptions{}
	cmd := &cobra.Command{
		Use:     "attach [NAME]",
		Aliases: []string{"a"},
		Short:   "Come back to a session",
		Long: `Attach the terminal to a session, without NAME to the one used last. The
screen is shown as it is, and what you type goes to the program. Detach with
Ctrl-\ typed twice, or by closing the terminal; the program does not notice.

A connection that breaks is made again, for a minute unless the setting
reconnect says otherwise; what you type meanwhile is kept.

A session that has ended shows what it left, until it is removed.
` + attachCodesHelp,
		Example: `  xsh attach               the one used last
  xsh attach work          the one named work
  xsh attach -c work       the same, started if it is not there
  xsh attach -r work       watch without touching anything`,
		Args:              args(cobra.MaximumNArgs(1), "at most one NAME"),
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE: func(cmd *cobra.Command, list []string) error {
			if len(list) == 1 {
				o.Name = list[0]
			}
			return runAttach(cmd.Context(), a, o)
		},
	}
	o.AddFlags(cmd)
	return cmd
}

func runAttach(ctx context.Context, a *app, o *attachOptions) error {
	if o.Create {
		if o.Name == "" {
			return usagef("-c needs a NAME")
		}
		if err := exec.CheckName(o.Name); err != nil {
			return &usageError{err}
		}
		return runNew(ctx, a, &newOptions{Name: o.Name, Attach: true, On: defaultHandler, attachFlags: o.attachFlags})
	}
	cfg, conf, err := o.config(a)
	if err != nil {
		return err
	}
	if err := a.checkTerminal(); err != nil {
		return o.noTerminal(ctx, a, err)
	}
	for try := 1; ; try++ {
		// A server that was killed before it answered has left its sessions to the next.
		err := o.attach(ctx, a, cfg, conf)
		if !errors.Is(err, client.ErrLeft) || try == 3 {
			return err
		}
	}
}

// noTerminal returns why a client without a terminal cannot attach. A session that
// does not exist is said first: a terminal would not help whoever mistyped its name.
func (o *attachOptions) noTerminal(ctx context.Context, a *app, why error) error {
	if o.Name != "" {
		err := a.one(ctx, o.Name, func(c *client.Client, name string) error {
			_, err := c.GetSession(request(ctx), name)
			return err
		})
		if errors.Is(err, exec.ErrSessionNotFound) {
			return &codedError{codeNoAttach, err}
		}
	}
	return &codedError{codeNoAttach, withHint(why, "over ssh, ssh -t gives one; without one xsh capture shows the screen, and xsh send types")}
}

func (o *attachOptions) attach(ctx context.Context, a *app, cfg client.AttachConfig, conf config) error {
	c, err := a.dial(ctx)
	if err != nil {
		return a.noAttach(o.Name, err)
	}
	defer c.Close()
	if err := a.checkOutside(ctx, c); err != nil {
		return err
	}
	if cfg.Session = o.Name; o.Name == "" {
		if cfg.Session, err = lastUsed(ctx, c); err != nil {
			return a.noAttach("", err)
		}
	} else if names, err := a.expand(ctx, c, []string{o.Name}, activeSession); err != nil {
		return a.noAttach("", err)
	} else if cfg.Session = names[0]; len(names) > 1 {
		return withHint(usagef("more than one session matches %s", o.Name), "give one name")
	}
	out, err := a.attach(ctx, c, cfg, conf)
	if errors.Is(err, exec.ErrSessionNotFound) {
		var id string
		if id, err = meant(ctx, c, cfg.Session, err); id != "" {
			cfg.Session = id
			out, err = a.attach(ctx, c, cfg, conf)
		}
	}
	if err != nil {
		return a.noAttach(cfg.Session, err)
	}
	return a.left(out)
}

// noAttach says that there is nothing to attach to: without a server there is
// no session.
func (a *app) noAttach(name string, err error) error {
	if errors.Is(err, client.ErrNoServer) && !errors.Is(err, client.ErrLeft) {
		err = errNoSessions
		if name != "" {
			err = exec.NewSessionNotFoundError(name)
		}
	}
	return &codedError{codeNoAttach, err}
}

var errNoSessions = withHint(errors.New("there is no session"), "xsh new starts one")

// lastUsed returns the ID of the active session that a client attached to
// last, or, if there was never any, of the newest.
func lastUsed(ctx context.Context, c *client.Client) (string, error) {
	all, err := c.ListSessions(request(ctx))
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", errNoSessions
	}
	return slices.MaxFunc(all, func(x, y *exec.Session) int {
		if d := x.AttachedAt.Compare(y.AttachedAt); d != 0 {
			return d
		}
		return x.CreatedAt.Compare(y.CreatedAt)
	}).ID, nil
}

// checkTerminal returns why this process has no terminal to attach, and says
// what is odd about the one that it has.
func (a *app) checkTerminal() error {
	if err := rawtty.Check(a.in, a.out); err != nil {
		return &codedError{codeNoAttach, err}
	}
	if s, err := rawtty.SizeOf(a.out); err == nil && (s.Rows == 0 || s.Cols == 0) {
		fmt.Fprintf(a.err, "xsh: the terminal says that its size is %dx%d; the session keeps the size it has\n", s.Rows, s.Cols)
		fmt.Fprintf(a.err, "xsh: hint: stty rows 24 cols 80 sets one\n")
	}
	switch term := a.getenv("TERM"); term {
	case "", "dumb", "unknown", "vt52", "vt100", "vt102":
		if term == "" {
			term = "not set"
		}
		fmt.Fprintf(a.err, "xsh: TERM is %s: this terminal may show some of what programs print as garbage\n", harmless(term))
		fmt.Fprintf(a.err, "xsh: hint: if it is a newer one, say so: TERM=xterm-256color xsh attach\n")
	}
	return nil
}

// checkOutside makes sure that the terminal is not that of a session. The
// variables only tell whether it is worth asking.
func (a *app) checkOutside(ctx context.Context, c *client.Client) error {
	if a.getenv("XSH_SESSION_ID") == "" && a.getenv("XSH_SESSION") == "" {
		return nil
	}
	all, err := c.ListSessions(request(ctx))
	if err != nil {
		return &codedError{codeNoAttach, err}
	}
	if s := a.insideOf(all); s != nil {
		err := fmt.Errorf("already inside session %q", s.Name)
		return &codedError{codeNoAttach, withHint(err, "xsh switch NAME moves this terminal to another session; "+`Ctrl-\ twice leaves this one`)}
	}
	return nil
}

// attach gives the terminal to a session.
func (a *app) attach(ctx context.Context, c *client.Client, cfg client.AttachConfig, conf config) (client.Outcome, error) {
	cfg.Attached = func(s *exec.Session) {
		if line := a.firstAttach(conf, cfg.DetachKey, s.Name); line != "" {
			fmt.Fprintf(a.err, "xsh: %s\n", line)
		}
	}
	// Nobody types before; it would keep the screen waiting.
	defer time.AfterFunc(quick, turns.Short).Stop()
	return c.AttachTerminal(ctx, cfg)
}

// left says how an attachment ended.
func (a *app) left(o client.Outcome) error {
	name := o.Session.Name
	defer a.sayUndelivered(o)
	switch o.Reason {
	case client.ReasonDetached:
		fmt.Fprintf(a.err, "xsh: detached from %s\n", name)
		return nil
	case client.ReasonEnded:
		return a.ended(name, o)
	case client.ReasonEvicted:
		return &codedError{codeLost, fmt.Errorf("another client detached this one from %s", name)}
	case client.ReasonLost:
		return &codedError{codeLost, lostError(name, o.Err)}
	default:
		return &codedError{codeLost, fmt.Errorf("detached from %s: the terminal went away or the client was told to end", name)}
	}
}

// lostError says what is gone: the session, or the server.
func lostError(name string, why error) error {
	if why = exec.ErrorFromStatus(why, name); errors.Is(why, exec.ErrSessionNotFound) {
		err := fmt.Errorf("the connection broke, and session %s was gone when it was made again", name)
		return withHint(err, "xsh ls -a shows what there is; the server's log says why it left")
	}
	err := fmt.Errorf("lost the connection to the server while attached to %s", name)
	return withHint(err, "xsh ls shows what still runs; the server's log says why it left")
}

// sayUndelivered says what was typed and may not have arrived.
func (a *app) sayUndelivered(o client.Outcome) {
	if o.Unsure > 0 {
		fmt.Fprintf(a.err, "xsh: of what you typed, %d bytes may not have arrived\n", o.Unsure)
	}
	if o.Undelivered > 0 {
		fmt.Fprintf(a.err, "xsh: of what you typed, %d bytes did not arrive\n", o.Undelivered)
	}
	if o.Dropped > 0 {
		fmt.Fprintf(a.err, "xsh: %d bytes that you typed while leaving were dropped\n", o.Dropped)
	}
}

// ended reports a program's end by its exit status.
func (a *app) ended(name string, o client.Outcome) error {
	if o.Failure != nil {
		fmt.Fprintf(a.err, "xsh: %s: %s\n", name, harmless(o.Failure.Message))
		if o.Failure.Suggestion != "" {
			fmt.Fprintf(a.err, "xsh: hint: %s\n", harmless(o.Failure.Suggestion))
		}
	}
	if o.Exit == nil {
		return nil
	}
	fmt.Fprintf(a.err, "xsh: %s ended: %s\n", name, harmless(o.Exit.String()))
	if o.Exit.Code == 0 {
		return nil
	}
	return &codedError{code: o.Exit.Code}
}
