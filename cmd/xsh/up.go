package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type upOptions struct {
	DryRun bool
	Output choiceFlag
}

// addTo adds the flags of up and down.
func (o *upOptions) addTo(cmd *cobra.Command) {
	o.Output = choiceFlag{what: "output form", choices: []string{"text", "json"}, value: "text"}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "say what would be done, and do nothing")
	o.Output.addOutput(cmd)
}

func newUpCommand(a *app) *cobra.Command {
	o := &upOptions{}
	cmd := &cobra.Command{
		Use:   "up [FILE]",
		Short: "Start what is missing of a project's sessions",
		Long: `Start those of the sessions that FILE declares, xsh.toml if it is not given,
that do not run, each when those that it comes after are ready, and say what was
done. What runs already is left alone, so it can be called again.

  name = "shop"                     # else the directory's name
  [[session]]
  name = "db"
  command = ["postgres", "-D", "data"]
  ready = { port = 5432 }           # or { text = "ready to accept" }
  [[session]]
  name = "web"
  after = ["db"]
  command = ["npm", "start"]        # else the login shell
  directory = "web"                 # from the file's directory on
  env = { PORT = "8080" }
  labels = { tier = "front" }
  on_exit = "respawn"               # as with xsh new --on-exit

A session is ready when its screen shows the text or something listens on the
port of this host, within a minute or its timeout, such as "30s". All have the
label project=NAME. A program that fails before it is ready is an error, and
what comes after it is not started.
` + exitCodesHelp,
		Example: `  xsh up
  xsh up --dry-run
  xsh ls -l project=shop`,
		Args: args(cobra.MaximumNArgs(1), "at most one FILE"),
		RunE: func(cmd *cobra.Command, list []string) error {
			return runUp(cmd.Context(), a, o, append(list, projectFile)[0])
		},
	}
	o.addTo(cmd)
	return cmd
}

func newDownCommand(a *app) *cobra.Command {
	o := &upOptions{}
	cmd := &cobra.Command{
		Use:   "down [FILE]",
		Short: "End a project's sessions",
		Long: `End those of the sessions that FILE declares, xsh.toml if it is not given, that
run and have the project's label, the last first. See xsh help up.
` + exitCodesHelp,
		Example: "  xsh down\n  xsh down --dry-run",
		Args:    args(cobra.MaximumNArgs(1), "at most one FILE"),
		RunE: func(cmd *cobra.Command, list []string) error {
			return runDown(cmd.Context(), a, o, append(list, projectFile)[0])
		},
	}
	o.addTo(cmd)
	return cmd
}

// done is what was done with a session, as -o json has it.
type done struct {
	Name   string `json:"name"`
	Action string `json:"action"` // started, ended, none, or with --dry-run start or end
	ID     string `json:"id"`
}

// doneTexts says the actions to people.
var doneTexts = map[string]string{
	"started": "started", "ended": "ended", "start": "would start", "end": "would end",
}

// doing tells what is done as it is done, or all of it as JSON in the end.
type doing struct {
	a    *app
	json bool
	list []done
}

func (d *doing) tell(name, action, id, idle string) error {
	d.list = append(d.list, done{name, action, id})
	if d.json {
		return nil
	}
	text := doneTexts[action]
	if action == "none" {
		text = idle
	}
	_, err := fmt.Fprintf(d.a.out, "%s: %s\n", name, text)
	return err
}

// end prints the JSON; err is what all ended with.
func (d *doing) end(err error) error {
	if !d.json {
		return err
	}
	return errors.Join(err, printJSON(d.a.out, append([]done{}, d.list...)))
}

func runUp(ctx context.Context, a *app, o *upOptions, file string) error {
	p, err := readProject(file)
	if err != nil {
		return err
	}
	conf, err := a.loadConfig()
	if err != nil {
		return err
	}
	d := &doing{a: a, json: o.Output.value == "json"}
	start := func(s projectSession) error { return d.tell(s.Name, "start", "", "") }
	if o.DryRun { // and no server is started either
		c, running, err := p.find(ctx, a)
		if err != nil {
			return d.end(err)
		}
		if c != nil {
			c.Close()
		}
		return d.end(p.up(running, d, start))
	}
	return d.end(a.withServer(ctx, func(c *client.Client) error {
		running, err := p.running(ctx, c)
		if err != nil {
			return err
		}
		return p.up(running, d, func(s projectSession) error { return p.start(ctx, a, c, s, conf, d) })
	}))
}

// up has start start what does not run.
func (p *project) up(running map[string]*exec.Session, d *doing, start func(projectSession) error) error {
	for _, s := range p.sessions {
		var err error
		if r := running[s.Name]; r != nil {
			err = d.tell(s.Name, "none", r.ID, "runs already")
		} else {
			err = start(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find is running for who starts no server; the client, which the caller closes, is nil
// where there is none.
func (p *project) find(ctx context.Context, a *app) (*client.Client, map[string]*exec.Session, error) {
	c, err := a.dial(ctx)
	var running map[string]*exec.Session
	if err == nil {
		running, err = p.running(ctx, c)
	}
	if err != nil && c != nil {
		c.Close()
		c = nil
	}
	if errors.Is(err, client.ErrNoServer) {
		err = nil
	}
	return c, running, err
}

// running returns the project's sessions that are active. One of the same name that
// is not the project's is an error.
func (p *project) running(ctx context.Context, c *client.Client) (map[string]*exec.Session, error) {
	list, err := c.ListSessions(request(ctx))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	running := map[string]*exec.Session{}
	for _, s := range list {
		if !slices.ContainsFunc(p.sessions, func(d projectSession) bool { return d.Name == s.Name }) {
			continue
		}
		if s.Labels[projectLabel] != p.name {
			return nil, withHint(fmt.Errorf("session %q runs already, and is not of the project %s", s.Name, p.name),
				"xsh rename gives it another name, xsh label "+s.Name+" "+projectLabel+"="+p.name+" makes it the project's")
		}
		running[s.Name] = s
	}
	return running, nil
}

// start starts a session and waits until it is ready.
func (p *project) start(ctx context.Context, a *app, c *client.Client, s projectSession, conf config, d *doing) error {
	n := &newOptions{Name: s.Name, Command: s.Command, Dir: s.Dir, On: defaultHandler, Detached: true}
	n.OnExit.value = s.OnExit
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		n.Env = append(n.Env, key+"="+s.Env[key])
	}
	for _, key := range slices.Sorted(maps.Keys(s.Labels)) {
		n.Labels = append(n.Labels, key+"="+s.Labels[key])
	}
	n.Labels = append(n.Labels, projectLabel+"="+p.name)
	opts, err := n.session(a, conf)
	if err != nil {
		return err
	}
	started, err := c.CreateSession(request(ctx), opts)
	if wasStarted(ctx, c, opts.ID, err) {
		started, err = c.GetSession(request(ctx), opts.ID)
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Name, n.refused(err))
	}
	if err := s.awaitReady(ctx, c, started.ID); err != nil {
		return err
	}
	return d.tell(s.Name, "started", started.ID, "")
}

// atOnce is how long a program is watched that says not when it is ready.
const atOnce = 250 * time.Millisecond

// awaitReady waits until a session is ready, or has ended before.
func (s projectSession) awaitReady(ctx context.Context, c *client.Client, id string) error {
	within := s.Timeout
	if s.Text == "" && s.Port == 0 {
		within = atOnce
	}
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var err error
	switch {
	case s.Text != "":
		_, err = c.Wait(request(waiting), id, exec.WaitOptions{For: exec.WaitText, Pattern: s.Text})
	case s.Port != 0:
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.Wait(request(waiting), id, exec.WaitOptions{For: exec.WaitExit})
		}()
		defer func() { cancel(); <-ended }()
		err = awaitPort(waiting, ended, s.Port)
	default:
		c.Wait(request(waiting), id, exec.WaitOptions{For: exec.WaitExit})
	}
	if err == nil && (s.Text != "" || s.Port != 0) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	hint := "xsh attach " + s.Name + " shows what it printed"
	now, lost := c.GetSession(request(ctx), id)
	switch {
	case errors.Is(lost, exec.ErrSessionNotFound) && s.OnExit == "forget":
		return nil
	case lost != nil:
		return fmt.Errorf("start %s: %w", s.Name, lost)
	case now.Exit != nil && err == nil && now.Exit.Code == 0: // it is done
		return nil
	case now.Exit != nil:
		return withHint(fmt.Errorf("%s ended at once: %s", s.Name, now.Exit), hint)
	case err != nil && waiting.Err() != nil:
		return withHint(fmt.Errorf("%s is not ready after %s", s.Name, s.Timeout), hint)
	case err != nil:
		return fmt.Errorf("wait for %s: %w", s.Name, err)
	}
	return nil
}

// awaitPort waits until something listens on a port of this host, or the program has
// ended. Nothing tells when that is.
func awaitPort(ctx context.Context, ended <-chan struct{}, port int) error {
	address := net.JoinHostPort("localhost", strconv.Itoa(port))
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		var d net.Dialer
		if conn, err := d.DialContext(ctx, "tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func runDown(ctx context.Context, a *app, o *upOptions, file string) error {
	p, err := readProject(file)
	if err != nil {
		return err
	}
	d := &doing{a: a, json: o.Output.value == "json"}
	c, running, err := p.find(ctx, a)
	if err != nil {
		return err
	}
	if c != nil {
		defer c.Close()
	}
	for _, s := range slices.Backward(p.sessions) {
		r := running[s.Name]
		switch {
		case r == nil:
			err = d.tell(s.Name, "none", "", "does not run")
		case o.DryRun:
			err = d.tell(s.Name, "end", r.ID, "")
		default:
			_, err = c.Kill(request(ctx), r.ID, exec.StreamSignalNone)
			if err == nil || errors.Is(err, exec.ErrSessionClosed) {
				err = d.tell(s.Name, "ended", r.ID, "")
			}
		}
		if err != nil {
			break
		}
	}
	return d.end(err)
}
