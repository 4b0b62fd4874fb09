package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/internal/stored"
	"github.com/xsh-project/xsh/internal/tmuxwords"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type restoreOptions struct {
	List   bool
	Forget bool
	All    bool
	Output choiceFlag
}

func newRestoreCommand(a *app) *cobra.Command {
	o := &restoreOptions{Output: outputFlag("table", "json", "name")}
	cmd := &cobra.Command{
		Use:   "restore [NAME...]",
		Short: "Bring sessions back that ran when the machine went down",
		Long: `Start the sessions again that ran when the machine went down, or when the server
and its keeper were both killed: all, or those of that NAME, ID or pattern such
as 'web-*'. It prints their names. They get the name, ID, labels, size, command
and directory that they had (a shell the one that it told last), and the
environment, umask and limits of here. With xsh restart-with another command can
be started in place of their own. If their history was kept, it stands above a
line that says so.

Only sessions that were made with xsh new --persist, or while the setting
persist said so, are kept for this. One that ended by itself, was killed, or was
ended by xsh server stop is not brought back. A server that got a signal, as
from a system that shuts down, leaves what ran for a restore.
` + exitCodesHelp,
		Example: `  xsh restore
  xsh restore --list
  xsh restore web
  xsh restore --forget web`,
		ValidArgsFunction: a.completeStored,
		RunE: func(cmd *cobra.Command, names []string) error {
			return runRestore(cmd.Context(), a, o, names)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.List, "list", "l", false, "only list what can be brought back")
	f.BoolVar(&o.Forget, "forget", false, "do not bring these back, and forget them")
	f.BoolVarP(&o.All, "all", "a", false, "with --forget: all of them")
	o.Output.addOutput(cmd)
	return cmd
}

func runRestore(ctx context.Context, a *app, o *restoreOptions, names []string) error {
	switch {
	case o.List && o.Forget:
		return usagef("--list does not go with --forget")
	case o.All && !o.Forget:
		return withHint(usagef("-a is for --forget"), "without names all are brought back")
	case o.All && len(names) > 0:
		return usagef("names do not go with -a")
	case o.Forget && !o.All && len(names) == 0:
		return withHint(usagef("no session named"), "name some, or use -a for all")
	}
	a.restores = true
	return a.withServer(ctx, func(c *client.Client) error {
		list, problems, err := c.Stored(request(ctx))
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintf(a.err, "xsh: %s\n", harmless(p))
		}
		chosen, unknown, err := choose(list, names)
		if err != nil {
			return err
		}
		for _, name := range unknown {
			say(a.err, withHint(fmt.Errorf("no stored session %q", name), "xsh restore --list lists them"))
		}
		if o.List {
			err = o.print(a, chosen)
		} else {
			err = o.do(ctx, a, c, chosen)
		}
		if err == nil && len(unknown)+len(problems) > 0 {
			return &codedError{code: codeFailed}
		}
		if err == nil && len(list) == 0 && o.Output.value == "table" {
			fmt.Fprintf(a.err, "xsh: there is nothing to bring back\n")
		}
		return err
	})
}

// choose returns those of the list that are named by name, ID or pattern, all
// without names, and which names are none's.
func choose(list []exec.StoredSession, names []string) (chosen []exec.StoredSession, unknown []string, err error) {
	if len(names) == 0 {
		return list, nil, nil
	}
	taken := map[string]bool{}
	for _, name := range names {
		found := false
		for _, s := range list {
			match := s.Session.ID == name || s.Session.Name == name
			if isPattern(name) {
				if match, err = path.Match(name, s.Session.Name); err != nil {
					return nil, nil, withHint(usagef("bad pattern of names %q", name), "* is any text, ? any character, and [ab] one of some")
				}
			}
			found = found || match
			if match && !taken[s.Session.ID] {
				taken[s.Session.ID] = true
				chosen = append(chosen, s)
			}
		}
		if !found {
			unknown = append(unknown, name)
		}
	}
	return chosen, unknown, nil
}

// do restores or forgets the sessions. One that fails keeps no other from its turn.
func (o *restoreOptions) do(ctx context.Context, a *app, c *client.Client, list []exec.StoredSession) error {
	failed := false
	for _, s := range list {
		err := error(nil)
		if o.Forget {
			err = c.ForgetStored(request(ctx), s.Session.ID)
		} else {
			err = a.restoreOne(ctx, c, s.Session)
		}
		if err != nil {
			failed = true
			say(a.err, o.refused(s.Session.Name, err))
			continue
		}
		if _, err := fmt.Fprintln(a.out, harmless(s.Session.Name)); err != nil {
			return err
		}
	}
	if failed {
		return &codedError{code: codeFailed}
	}
	return nil
}

// restoreOne starts a stored session again, with the environment of here. One that took
// tmux's words does so again.
func (a *app) restoreOne(ctx context.Context, c *client.Client, s *exec.Session) error {
	conf, err := a.loadConfig()
	if err != nil {
		return err
	}
	o := &newOptions{}
	if _, took := s.Labels[tmuxwords.Label]; took {
		o.TmuxWords.value = "true"
	}
	env, _, err := a.tmuxEnvironment(o, conf, s.ID, os.Environ())
	if err != nil {
		return err
	}
	again, err := c.Restore(request(ctx), s.ID, exec.SessionOptions{ResourceData: a.sessionData(s.Handler, program{env: env})})
	if err == nil {
		a.sayNotKept(again)
	}
	return err
}

func (o *restoreOptions) refused(name string, err error) error {
	hint := "it stays stored: xsh restore --forget " + name + " forgets it"
	if errors.Is(err, exec.ErrSessionExists) {
		hint = "xsh rename gives the one that runs another name"
	}
	return withHint(fmt.Errorf("%s: %s", name, words(err)), hint)
}

// print lists what can be brought back.
func (o *restoreOptions) print(a *app, list []exec.StoredSession) error {
	switch o.Output.value {
	case "name":
		for _, s := range list {
			if _, err := fmt.Fprintln(a.out, harmless(s.Session.Name)); err != nil {
				return err
			}
		}
		return nil
	case "json":
		return printJSON(a.out, storedList(list))
	}
	if len(list) == 0 {
		return nil
	}
	t := table{columns: []column{
		{head: "NAME", least: 12, worth: 9}, {head: "ID", worth: 1}, {head: "STORED", worth: 6},
		{head: "COMMAND", least: 8, worth: 8}, {head: "DIRECTORY", least: 12, worth: 7}, {head: "LABELS", least: 8, worth: 2},
	}}
	for _, s := range list {
		was, dir := s.Session, s.Session.Dir
		next := &exec.Session{Command: was.Command}
		if len(was.RestartWith) > 0 {
			next.Command, dir = was.RestartWith, was.RestartDir
		}
		t.rows = append(t.rows, []string{
			harmless(was.Name), harmless(was.ID), age(time.Since(s.StoredAt)), command(next), harmless(dir), labels(was.Labels),
		})
	}
	return t.print(a.out, width(a.out))
}

// storedJSON is a stored session as -o json has it; its keys are those of xsh ls.
type storedJSON struct {
	Name        string            `json:"name"`
	ID          string            `json:"id"`
	Command     []string          `json:"command"`
	RestartWith []string          `json:"restart_with"`
	RestartDir  string            `json:"restart_dir"`
	Dir         string            `json:"dir"`
	Handler     string            `json:"handler"`
	Size        exec.Size         `json:"size"`
	Labels      map[string]string `json:"labels"`
	Persist     string            `json:"persist"`
	CreatedAt   time.Time         `json:"created_at"`
	StoredAt    time.Time         `json:"stored_at"`
}

func storedList(list []exec.StoredSession) []storedJSON {
	all := []storedJSON{}
	for _, s := range list {
		was := s.Session
		all = append(all, storedJSON{
			Name: was.Name, ID: was.ID, Command: append([]string{}, was.Command...),
			RestartWith: append([]string{}, was.RestartWith...), RestartDir: was.RestartDir,
			Dir: was.Dir, Handler: was.Handler, Size: was.Size, Labels: orEmpty(was.Labels), Persist: string(was.Persist),
			CreatedAt: was.CreatedAt, StoredAt: s.StoredAt,
		})
	}
	return all
}

// completeStored completes the names of what can be brought back, if a server
// runs.
func (a *app) completeStored(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionWait)
	defer cancel()
	var names []string
	if c, err := a.dial(ctx); err == nil {
		defer c.Close()
		list, _, _ := c.Stored(request(ctx))
		for _, s := range list {
			names = append(names, cobra.CompletionWithDesc(harmless(s.Session.Name), cut(command(s.Session), 60)))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// sayRestorable says how many sessions can be brought back, on a line of its own.
// These are all that the server has; nil without a server. As a rule nothing is
// stored that does not run, and a look at a directory tells.
func (a *app) sayRestorable(ctx context.Context, c *client.Client, all []*exec.Session) {
	p, err := paths.Find(a.getenv)
	if err != nil || p.Stored == "" {
		return
	}
	known := map[string]bool{}
	for _, s := range all {
		known[s.ID] = true
	}
	ids, _ := stored.Dir(p.Stored).IDs()
	n := 0
	for _, id := range ids {
		if !known[id] {
			n++
		}
	}
	if n > 0 && c != nil { // the server knows better: one may be set aside, or may just have begun
		list, problems, err := c.Stored(request(ctx))
		if n = len(list) + len(problems); err != nil {
			return
		}
	}
	if n > 0 {
		fmt.Fprintf(a.err, "xsh: %s\n", server.CanRestore(n))
	}
}
