package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/internal/tmuxwords"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type newOptions struct {
	Name      string
	Command   []string
	Detached  bool
	Attach    bool // to the session of that name, if there is one
	Dir       string
	Env       []string
	Labels    []string
	On        string
	Persist   persistFlag
	Record    string
	TmuxWords tmuxFlag
	limitFlags
	lifeFlags
	attachFlags

	pane tmuxPane // of a session that xsh tmux makes
}

// AddFlags adds the command's flags.
func (o *newOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Detached, "detach", "d", false, "do not attach; print the session's name")
	f.BoolVarP(&o.Attach, "attach", "A", false, "attach if a session of that name runs already")
	f.StringVarP(&o.Dir, "dir", "c", "", "`directory` to run in (default: the current one)")
	f.StringArrayVarP(&o.Env, "env", "e", nil, "set a variable, `NAME=VALUE`; may be repeated")
	f.StringArrayVarP(&o.Labels, "label", "l", nil, "label the session, `KEY=VALUE`; may be repeated")
	o.Persist.add(cmd)
	f.StringVar(&o.Record, "record", "", "record the session to this `FILE`, an asciicast")
	o.TmuxWords.add(cmd)
	f.StringVar(&o.On, "on", defaultHandler, "`handler` that starts the program")
	o.limitFlags.addTo(cmd)
	o.lifeFlags.addTo(cmd)
	o.attachFlags.addTo(cmd)
}

func newNewCommand(a *app) *cobra.Command {
	o := &newOptions{}
	cmd := &cobra.Command{
		Use:   "new [NAME] [-- COMMAND [ARG...]]",
		Short: "Start a session and attach to it",
		Long: `Start a session: your login shell, or COMMAND, in the current directory and
with the environment, umask, limits and terminal characters (stty) of here. It
goes on when you leave it. TERM stays what it is here, also where you attach
from another terminal later; where it is not set or dumb the session has
xterm-256color.

Under systemd the session has a scope of its own, if your processes may stay
after a logout (loginctl enable-linger): what it takes of memory and processors
can be limited then, and an end for want of memory is that session's alone.

--record records it, as xsh record does, whether you are attached or not. What
goes wrong with that stands in record.log, beside the server's log.

NAME is 1-64 of letters, digits, '.', '_' and '-'. Without one the session is
called after the directory.

With --persist, or the setting of that name, xsh restore brings the session back
after the machine went down. Its name, command, directory, labels and size are
kept on disk for that, its environment never, and what it prints only with
--persist=history.

--ttl ends the session once nobody has used it for so long: attached or left it,
or typed, and its program has printed nothing. A minute before (a quarter of the
time, if that is less) a line in the session says so, and whatever is typed
keeps it.

Inside a session -A becomes your shell where it is the terminal's first process,
so that a login shell can end with "exec xsh new -A main". Shells that are not
interactive, as scp, rsync and "ssh HOST COMMAND" start them, have to pass by
that line, since exec leaves nothing of what they were to run:
"case $- in *i*) exec xsh new -A main;; esac", or what xsh init --login prints.

--on-exit says what becomes of the session when its program ends by itself: keep
it to be looked at, forget it at once, or respawn, start the program again in
its place. One that ends within ten seconds ten times in a row stays ended.

With --tmux-words, or the setting tmux_words, the session's programs find a
command tmux that is xsh tmux, and $TMUX and $TMUX_PANE, which tools look for.
` + attachCodesHelp,
		Example: `  xsh new                      a shell, named after this directory
  xsh new work                 a shell named work
  xsh new -A work              the same, or come back to it
  xsh new build -d -- make -j  run make and do not wait
  xsh new web --memory-max 2G  and not more than that
  xsh new -d web --on-exit respawn --size 120x40 -- npm start
  xsh new scratch --ttl 8h     ends when it was left alone for a working day
  xsh new --persist notes      for xsh restore to bring back
  xsh new --tmux-words agents  tools that know only tmux work in there`,
		Args: func(cmd *cobra.Command, list []string) error { return o.takeArgs(cmd.ArgsLenAtDash(), list) },
		RunE: func(cmd *cobra.Command, _ []string) error { return runNew(cmd.Context(), a, o) },
	}
	o.AddFlags(cmd)
	return cmd
}

// takeArgs splits NAME and COMMAND; dash is how many arguments came before --,
// or negative without one.
func (o *newOptions) takeArgs(dash int, list []string) error {
	names := list
	if dash >= 0 {
		names, o.Command = list[:dash], list[dash:]
		if len(o.Command) == 0 {
			return usagef("no command after --")
		}
	}
	switch {
	case len(names) > 1:
		return withHint(usagef("more than one name: %s", strings.Join(names, " ")), "a command goes behind --: xsh new "+names[0]+" -- "+strings.Join(names[1:], " "))
	case len(names) == 1:
		if err := exec.CheckName(names[0]); err != nil {
			return &usageError{err}
		}
		o.Name = names[0]
	case o.Attach:
		return usagef("-A needs a NAME")
	}
	return nil
}

func runNew(ctx context.Context, a *app, o *newOptions) error {
	if o.Size != "" && !o.Detached {
		return withHint(usagef("--size goes with -d"), "who attaches gives the session the terminal's size")
	}
	cfg, conf, err := o.config(a)
	if err != nil {
		return err
	}
	opts, err := o.session(a, conf)
	if err != nil {
		return err
	}
	if o.Record == "" {
		return o.begin(ctx, a, opts, cfg, conf)
	}
	if o.Attach {
		return withHint(usagef("--record does not go with -A"), "xsh record records a session that runs")
	}
	return a.recorded(o.Record, opts.ID, func() error { return o.begin(ctx, a, opts, cfg, conf) })
}

// begin starts the session, and attaches to it unless it is to run detached.
func (o *newOptions) begin(ctx context.Context, a *app, opts exec.SessionOptions, cfg client.AttachConfig, conf config) error {
	if o.Detached {
		return a.withServer(ctx, func(c *client.Client) error { return o.create(ctx, a, c, opts) })
	}
	if err := a.checkTerminal(); err != nil {
		if o.Attach {
			err = noAttachCode(withHint(errors.Unwrap(err), startupHint))
		}
		return err
	}
	// The first attachment is a part of the create: nothing that the program
	// prints at once passes the terminal by.
	cfg.Create, cfg.OrExisting = &opts, o.Attach
	var out client.Outcome
	err := a.withServer(ctx, func(c *client.Client) error {
		if err := a.checkOutside(ctx, c); err != nil {
			if o.Attach {
				a.stepAside()
			}
			return err
		}
		var err error
		out, err = a.attach(ctx, c, cfg, conf)
		if wasStarted(ctx, c, opts.ID, err) {
			cfg.Create, cfg.Session = nil, opts.ID
			out, err = a.attach(ctx, c, cfg, conf)
		}
		return err
	})
	if err != nil {
		return o.refused(err)
	}
	if out.Session != nil {
		a.sayNotKept(out.Session)
	}
	return a.left(out)
}

// create starts the session without attaching to it, and prints its name.
func (o *newOptions) create(ctx context.Context, a *app, c *client.Client, opts exec.SessionOptions) error {
	s, err := c.CreateSession(request(ctx), opts)
	if wasStarted(ctx, c, opts.ID, err) {
		s, err = c.GetSession(request(ctx), opts.ID)
	}
	name := o.Name
	switch {
	case err == nil:
		name = s.Name
		a.sayNotKept(s)
	case o.Attach && errors.Is(err, exec.ErrSessionExists): // it runs, which is what was asked for
	default:
		return o.refused(err)
	}
	_, err = fmt.Fprintln(a.out, name)
	return err
}

// wasStarted reports whether err says that there is a session with an ID that nobody
// else can have chosen: a server has started it, and was killed before it could say
// so. The next one was asked for it again.
func wasStarted(ctx context.Context, c *client.Client, id string, err error) bool {
	if !errors.Is(err, exec.ErrSessionExists) {
		return false
	}
	_, err = c.GetSession(request(ctx), id)
	return err == nil
}

// newID is an ID for a session, as a server would choose one.
func newID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// refused is why there is no new session, with what can be done about it.
func (o *newOptions) refused(err error) error {
	if errors.Is(err, exec.ErrSessionExists) {
		return withHint(err, "attach to it with xsh attach "+o.Name+", or choose another name")
	}
	return withShellHint(err, o.Name, o.Command)
}

// session returns what the server is asked for.
func (o *newOptions) session(a *app, conf config) (exec.SessionOptions, error) {
	plugin, resource, ok := strings.Cut(o.On, "/")
	if !ok {
		return exec.SessionOptions{}, usagef("bad handler %q: want PLUGIN/RESOURCE, such as %s", o.On, defaultHandler)
	}
	dir, err := o.directory(a, conf)
	if err != nil {
		return exec.SessionOptions{}, err
	}
	env, err := o.environment()
	if err != nil {
		return exec.SessionOptions{}, err
	}
	persist, err := o.Persist.orSetting(a)
	if err != nil {
		return exec.SessionOptions{}, err
	}
	labels, err := parseLabels(o.Labels)
	if err != nil {
		return exec.SessionOptions{}, err
	}
	id := newID()
	env, takesWords, err := a.tmuxEnvironment(o, conf, id, env)
	if err != nil {
		return exec.SessionOptions{}, err
	}
	if _, is := labels[tmuxwords.Label]; takesWords && !is {
		labels[tmuxwords.Label] = ""
	}
	follow, err := o.followsAgent(a)
	if err != nil {
		return exec.SessionOptions{}, err
	}
	if o.limitFlags != (limitFlags{}) && o.On != defaultHandler {
		return exec.SessionOptions{}, usagef("--memory-max and --cpu-weight are for sessions of %s", defaultHandler)
	}
	size, policy := conf.sizeOfNew()
	pixels := exec.Pixels{} // of a cell, and so of the size, nothing is known
	if size == (exec.Size{}) {
		size, pixels = a.size(), a.pixels()
	}
	opts := exec.SessionOptions{
		ID:             id,
		Name:           o.Name,
		NameHint:       nameFor(dir),
		Command:        o.Command,
		TTY:            true,
		Labels:         labels,
		ResourcePlugin: plugin,
		ResourceKey:    resource,
		ResourceData:   a.sessionData(o.On, program{dir, env, follow, !conf.ShellMarks, o.limitFlags}),
		Size:           size,
		SizePolicy:     policy,
		Pixels:         pixels,
		Persist:        persist,
	}
	if len(opts.Command) == 0 {
		opts.Command = conf.Command
	}
	return opts, o.lifeFlags.apply(&opts, conf)
}

// directory returns where the program runs, absolute. Whether it is there is
// for the server to say.
func (o *newOptions) directory(a *app, conf config) (string, error) {
	if o.Dir == "" && conf.Directory != "" {
		return conf.directory(a)
	}
	cwd, err := os.Getwd()
	if err != nil {
		if filepath.IsAbs(o.Dir) {
			return filepath.Clean(o.Dir), nil
		}
		return "", withHint(errors.New("the current directory is gone"), "choose one with -c")
	}
	if filepath.IsAbs(o.Dir) {
		return filepath.Clean(o.Dir), nil
	}
	return filepath.Join(cwd, o.Dir), nil
}

func (o *newOptions) environment() ([]string, error) {
	for _, pair := range o.Env {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return nil, usagef("bad variable %q: want NAME=VALUE", name)
		}
	}
	return append(os.Environ(), o.Env...), nil
}

// parseLabels reads labels. What a selector could not name cannot be set.
func parseLabels(list []string) (map[string]string, error) {
	labels := make(map[string]string, len(list))
	for _, p := range list {
		k, v, ok := strings.Cut(p, "=")
		if !ok || k == "" {
			return nil, usagef("bad label %q: want KEY=VALUE", p)
		}
		if err := errors.Join(selector.CheckKey(k), selector.CheckValue(v)); err != nil {
			return nil, usagef("bad label %q: %w", p, err)
		}
		labels[k] = v
	}
	return labels, nil
}

// nameFor makes a session's name of the directory's.
func nameFor(dir string) string {
	name := strings.Map(func(r rune) rune {
		if exec.CheckName("x"+string(r)) != nil {
			return '-'
		}
		return r
	}, filepath.Base(dir))
	name = strings.TrimLeft(name, "-.")
	if len(name) > 56 {
		name = name[:56] // with room for a number
	}
	if exec.CheckName(name) != nil {
		return "session"
	}
	return name
}
