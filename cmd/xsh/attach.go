package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// attachFlags are those of every command that attaches.
type attachFlags struct{ key string }

func (f *attachFlags) addDetachKey(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "detach-key", "", "`keys` that detach, such as \"ctrl-a d\", or none (default: ctrl-\\ twice)")
}

// detachKey returns the detach key: the flag's, else the one that is set.
func (f *attachFlags) detachKey(a *app) (client.DetachKey, error) {
	key := f.key
	if key == "" {
		c, err := a.loadConfig()
		if err != nil {
			return client.DetachKey{}, err
		}
		key = c.DetachKey
	}
	k, err := client.ParseDetachKey(key)
	if err != nil {
		return k, &usageError{err}
	}
	return k, nil
}

type attachOptions struct {
	Name         string
	Create       bool
	ReadOnly     bool
	DetachOthers bool
	Replay       string
	History      int
	attachFlags
}

// replays are what --replay takes.
var replays = map[string]exec.Replay{
	"screen": exec.ReplayScreen,
	"none":   exec.ReplayNone,
	"raw":    exec.ReplayRaw,
}

// AddFlags adds the command's flags.
func (o *attachOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Create, "create", "c", false, "start a shell of that name if there is no such session")
	f.BoolVarP(&o.ReadOnly, "read-only", "r", false, "watch: what you type and your size are ignored")
	f.BoolVarP(&o.DetachOthers, "detach-others", "D", false, "detach everybody else")
	f.StringVar(&o.Replay, "replay", "screen", "`what` to show first: screen (with history), none, or raw, the last output as it was written")
	f.IntVar(&o.History, "history", 0, "`lines` of history to show first; 0 means all that are kept, -1 none")
	o.addDetachKey(cmd)
	cmd.RegisterFlagCompletionFunc("replay", cobra.FixedCompletions([]string{"screen", "none", "raw"}, cobra.ShellCompDirectiveNoFileComp))
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
	replay, ok := replays[o.Replay]
	if !ok {
		return usagef("no such replay %q: want screen, none or raw", o.Replay)
	}
	if o.Create {
		if o.Name == "" || o.ReadOnly {
			return usagef("-c needs a NAME, and does not go with -r")
		}
		n := &newOptions{Name: o.Name, Attach: true, On: local.Key, attachFlags: o.attachFlags}
		if err := exec.CheckName(o.Name); err != nil {
			return &usageError{err}
		}
		return runNew(ctx, a, n)
	}
	key, err := o.detachKey(a)
	if err != nil {
		return err
	}
	if err := a.canAttach(); err != nil {
		return err
	}
	c, err := a.open(ctx)
	if err != nil {
		return a.noAttach(o.Name, err)
	}
	defer c.Close()
	name, check := o.Name, func() error { return a.check(ctx, c) }
	if name == "" {
		if err := check(); err != nil {
			return a.noAttach("", err)
		}
		if name, err = lastUsed(ctx, c); err != nil {
			return &codedError{codeNoAttach, err}
		}
		check = nil
	}
	return a.attach(ctx, c, client.AttachConfig{
		Session:   name,
		DetachKey: key,
		Check:     check,
		Options: exec.AttachOptions{
			ReadOnly: o.ReadOnly, DetachOthers: o.DetachOthers,
			Replay: replay, History: o.History,
		},
	})
}

// noAttach says that there is nothing to attach to: without a server there is
// no session.
func (a *app) noAttach(name string, err error) error {
	if errors.Is(err, client.ErrNoServer) {
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

// canAttach returns why this process cannot attach to anything.
func (a *app) canAttach() error {
	if inside := a.getenv("XSH_SESSION"); inside != "" {
		err := fmt.Errorf("already inside session %q", inside)
		return &codedError{codeNoAttach, withHint(err, `leave it first: Ctrl-\ twice, or xsh detach`)}
	}
	tty, err := rawtty.Open(a.in, a.out)
	if err != nil {
		return &codedError{codeNoAttach, err}
	}
	defer tty.Close()
	if s, err := tty.Size(); err == nil && (s.Rows == 0 || s.Cols == 0) {
		fmt.Fprintf(a.err, "xsh: the terminal says that its size is %dx%d; the session keeps the size it has\n", s.Rows, s.Cols)
		fmt.Fprintf(a.err, "xsh: hint: stty rows 24 cols 80 sets one\n")
	}
	return nil
}

// attach gives the terminal to a session and says how that ended.
func (a *app) attach(ctx context.Context, c *client.Client, cfg client.AttachConfig) error {
	cfg.In, cfg.Out = a.in, a.out
	// Terminals that do not know the mode pass over it, all but the oldest.
	cfg.Options.SyncOutput = !slices.Contains([]string{"", "dumb", "linux", "vt100", "vt220"}, a.getenv("TERM"))
	o, err := c.Attach(ctx, cfg)
	if err != nil {
		return a.noAttach(cfg.Session, err)
	}
	name := o.Session.Name
	switch o.Reason {
	case client.ReasonDetached:
		fmt.Fprintf(a.err, "xsh: detached from %s\n", name)
		return nil
	case client.ReasonEnded:
		return a.ended(name, o)
	case client.ReasonEvicted:
		return &codedError{codeLost, fmt.Errorf("another client detached this one from %s", name)}
	case client.ReasonLost:
		err := fmt.Errorf("lost the connection to the server while attached to %s", name)
		return &codedError{codeLost, withHint(err, "xsh ls shows what still runs; the server's log says why it left")}
	default:
		return &codedError{codeLost, fmt.Errorf("detached from %s: the terminal went away or the client was told to end", name)}
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
