package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/internal/mcp"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type mcpOptions struct {
	As          string
	Only        selectorFlag
	ReadOnly    bool
	Allow       []string
	MaxSessions int
	TTL         time.Duration
	NoMask      bool
}

// AddFlags adds the command's flags.
func (o *mcpOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.As, "as", "", "who the agent is, a `NAME`: it finds its sessions again when it comes back")
	f.Var(&o.Only, "only", "besides its own, the sessions whose labels match this `SELECTOR`")
	f.BoolVar(&o.ReadOnly, "read-only", false, "only the tools that change nothing")
	f.StringSliceVar(&o.Allow, "allow", nil, "only these `TOOLS`, such as list,screen,send")
	f.IntVar(&o.MaxSessions, "max-sessions", mcp.DefaultMaxSessions, "at most `N` active sessions of its own")
	f.DurationVar(&o.TTL, "ttl", 0, "end its sessions after this `TIME`, such as 2h, and when the agent leaves; 0 is never")
	f.BoolVar(&o.NoMask, "no-mask", false, "do not hide secrets in what the agent reads")
	cmd.RegisterFlagCompletionFunc("allow", cobra.FixedCompletions(mcp.Tools(false), cobra.ShellCompDirectiveNoFileComp))
}

func newMCPCommand(a *app) *cobra.Command {
	o := &mcpOptions{}
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Give sessions to an agent, by the Model Context Protocol",
		Long: `Answer an agent on the standard input and output, by the Model Context Protocol.
Its tools are ` + strings.Join(mcp.Tools(false), ", ") + `.

The agent sees and touches the sessions that it made, whose label mcp says so,
and with --only those that match; of others it learns nothing. You see all of
them, can attach, watch and type at any time, and give it one more with
xsh label NAME mcp=ID. Its sessions stay when it leaves, unless there is --ttl;
with --as it finds them when it comes back. Whoever may use new, run or send
can do whatever you can.

Secrets of well-known shapes, and those of the setting mask, are hidden in what
it reads.
` + exitCodesHelp,
		Example: `  claude mcp add xsh -- xsh mcp
  xsh mcp --as reviewer --ttl 2h --max-sessions 4
  xsh mcp --only project=web --read-only
  xsh mcp --only project=web --allow list,screen,send`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runMCP(cmd.Context(), a, o) },
	}
	o.AddFlags(cmd)
	return cmd
}

func runMCP(ctx context.Context, a *app, o *mcpOptions) error {
	tools, err := o.tools()
	if err != nil {
		return err
	}
	if o.MaxSessions < 1 {
		return usagef("--max-sessions is %d, want at least 1", o.MaxSessions)
	}
	if o.TTL < 0 {
		return usagef("--ttl is %v, want a time to come", o.TTL)
	}
	as, err := o.agent()
	if err != nil {
		return err
	}
	secrets, err := o.mask(a)
	if err != nil {
		return err
	}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	cfg := mcp.Config{
		Version: version(), With: a.withSessions, As: as, Tools: tools, MaxSessions: o.MaxSessions, TTL: o.TTL, Mask: secrets, Words: words,
		Options: func(n mcp.NewSession) (exec.SessionOptions, error) { return newOptionsOf(a, n) },
		Begin: func(ctx context.Context, d mcp.Sessions, s *exec.Session, line string) (mcp.Begun, error) {
			r := &running{c: d, session: s, dir: shellDir(p), detached: true}
			err := r.run(ctx, line, false)
			return mcp.Begun{Run: r.nonce, Offset: r.begin}, err
		},
	}
	if o.Only.given {
		cfg.Only = o.Only.Matches
	}
	a.catchSignals()
	return mcp.Serve(ctx, cfg, a.in, a.out)
}

// tools are those that the flags leave; nil is all.
func (o *mcpOptions) tools() ([]string, error) {
	switch {
	case o.ReadOnly && len(o.Allow) > 0:
		return nil, usagef("--allow does not go with --read-only")
	case o.ReadOnly:
		return mcp.Tools(true), nil
	}
	for _, name := range o.Allow {
		if all := mcp.Tools(false); !slices.Contains(all, name) {
			return nil, withHint(usagef("no tool %q to allow", name), "there are "+strings.Join(all, ", "))
		}
	}
	return o.Allow, nil
}

// agent is who the agent is; one who does not say so gets an ID that nobody has.
func (o *mcpOptions) agent() (string, error) {
	if o.As == "" {
		return strings.ToLower(rand.Text()[:6]), nil
	}
	if err := errors.Join(exec.CheckName(o.As), selector.CheckValue(o.As)); err != nil || len(o.As) > 20 {
		return "", withHint(usagef("bad name %q of an agent", o.As), "use 1 to 20 letters, digits, '.', '_' and '-'")
	}
	return o.As, nil
}

// mask hides what is well known, and what the setting says besides.
func (o *mcpOptions) mask(a *app) (*mask.Mask, error) {
	if o.NoMask {
		return nil, nil
	}
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	patterns := maskPatterns(c.Mask)
	if !slices.Contains(c.Mask, defaultMask) {
		patterns = append(patterns, mask.Default...)
	}
	return mask.New(patterns)
}

// withSessions is withRunning for what an agent does.
func (a *app) withSessions(ctx context.Context, start bool, do func(mcp.Sessions) error) error {
	return a.withRunning(ctx, start, func(c *client.Client) error { return do(c) })
}

// withRunning calls do with a client of the server, which is started only where start
// says so. Without one it returns mcp.ErrNoSessions.
func (a *app) withRunning(ctx context.Context, start bool, do func(*client.Client) error) error {
	if start {
		return a.withServer(ctx, do)
	}
	c, err := a.dial(ctx)
	if errors.Is(err, client.ErrNoServer) {
		return mcp.ErrNoSessions
	} else if err != nil {
		return err
	}
	defer c.Close()
	if err = do(c); errors.Is(err, client.ErrNoServer) {
		return fmt.Errorf("the server has gone: %w", err)
	}
	return err
}

// newOptionsOf is what xsh new would ask for a session as an agent wants it.
func newOptionsOf(a *app, n mcp.NewSession) (exec.SessionOptions, error) {
	o := &newOptions{Name: n.Name, Command: n.Command, Dir: n.Dir, Env: n.Env, On: defaultHandler}
	for key, value := range n.Labels {
		o.Labels = append(o.Labels, key+"="+value)
	}
	return o.ofSize(a, n.Size)
}

// ofSize is session for one that another program asks for, which may know the size.
func (o *newOptions) ofSize(a *app, size exec.Size) (exec.SessionOptions, error) {
	for _, pair := range o.Env {
		if err := checkVariable(pair); err != nil {
			return exec.SessionOptions{}, err
		}
	}
	conf, err := a.loadConfig()
	if err != nil {
		return exec.SessionOptions{}, err
	}
	opts, err := o.session(a, conf)
	if err == nil && size != (exec.Size{}) {
		opts.Size, opts.Pixels = size, exec.Pixels{}
	}
	return opts, err
}
