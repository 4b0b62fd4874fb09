package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type lsOptions struct {
	All      bool
	Quiet    bool
	Watch    bool
	Selector selectorFlag
	Output   choiceFlag
}

func newLsOptions() *lsOptions {
	return &lsOptions{Output: outputFlag("table", "wide", "json", "name")}
}

// AddFlags adds the command's flags.
func (o *lsOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.All, "all", "a", false, "also the ended ones that are still kept")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "names only, the same as -o name")
	f.BoolVarP(&o.Watch, "watch", "w", false, "print the list again whenever it has changed")
	o.Selector.add(cmd)
	o.Output.addOutput(cmd)
}

func newLsCommand(a *app) *cobra.Command {
	o := newLsOptions()
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List sessions",
		Long: `List the active sessions, oldest first. Without a server there are none; none
is started. A table is cut to the terminal's width, and whole in a pipe; a *
stands behind the name of the session that the command is typed in. -o wide also
tells where a state is known from (report, terminal, shell, rule) and who is
attached: terminal, process, the host that ssh brought them from, size, since
when they typed nothing, and if they do not answer.

On a terminal what is attached is green, what waits for somebody yellow, and
what failed red. NO_COLOR leaves colours out, CLICOLOR_FORCE has them in a pipe.

With -o json a session is an object with these keys, in this order. All are
always there; what a session does not have is null, [] or {}.
` + listedKeys() + `
` + exitCodesHelp,
		Example: `  xsh ls
  xsh ls -a -o wide
  xsh ls -q -l project=web
  xsh ls -o json | jq '.[].name'`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(cmd.Context(), a, o) },
	}
	o.AddFlags(cmd)
	return cmd
}

func runLs(ctx context.Context, a *app, o *lsOptions) error {
	if o.Quiet {
		o.Output.value = "name"
	}
	c, err := a.dial(ctx)
	if errors.Is(err, client.ErrNoServer) {
		err = o.print(a, nil)
		if o.forPeople() {
			a.sayRestorable(ctx, nil, nil)
		}
		return err
	} else if err != nil {
		return err
	}
	defer c.Close()
	if o.Watch {
		return o.watch(ctx, a, c)
	}
	list, err := listSessions(ctx, c)
	if err != nil {
		return err
	}
	err = o.print(a, list)
	if o.forPeople() {
		a.sayRestorable(ctx, c, list)
	}
	return err
}

// forPeople reports whether a person reads what is printed.
func (o *lsOptions) forPeople() bool {
	return o.Output.value == "table" || o.Output.value == "wide"
}

// listSessions returns all sessions, ended ones too.
func listSessions(ctx context.Context, c *client.Client) ([]*exec.Session, error) {
	list, err := c.ListAll(request(ctx))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// print prints those of all sessions that were asked for.
func (o *lsOptions) print(a *app, all []*exec.Session) error {
	var list []*exec.Session
	for _, s := range all {
		if (o.All || activeSession(s)) && o.Selector.Matches(s.Labels) {
			list = append(list, s)
		}
	}
	switch o.Output.value {
	case "name":
		for _, s := range list {
			if _, err := fmt.Fprintln(a.out, harmless(s.Name)); err != nil {
				return err
			}
		}
		return nil
	case "json":
		return printJSON(a.out, a.listed(list))
	}
	if len(list) == 0 {
		o.sayNone(a.err, all)
		return nil
	}
	t := a.sessionTable(list, o.Output.value == "wide", time.Now())
	if a.colors(a.out) {
		t.color = listColor
	}
	return t.print(a.out, width(a.out))
}

// sayNone says why there is nothing to show, when these are all sessions.
func (o *lsOptions) sayNone(w io.Writer, all []*exec.Session) {
	ended := 0
	for _, s := range all {
		if endedSession(s) && o.Selector.Matches(s.Labels) {
			ended++
		}
	}
	switch {
	case o.Selector.given && !o.Selector.Empty() && ended == 0:
		fmt.Fprintf(w, "xsh: no session matches %s\n", harmless(o.Selector.text))
	case o.Selector.given && !o.Selector.Empty():
		fmt.Fprintf(w, "xsh: no active session matches %s\n", harmless(o.Selector.text))
		fmt.Fprintf(w, "xsh: hint: %d ended: xsh ls -a -l '%s'\n", ended, harmless(o.Selector.text))
	case ended > 0:
		fmt.Fprintf(w, "xsh: no active sessions\nxsh: hint: %d ended: xsh ls -a\n", ended)
	default:
		fmt.Fprintf(w, "xsh: no sessions\nxsh: hint: xsh new starts one\n")
	}
}

// sessionColumns are the table's; those behind plainColumns are for -o wide. An
// ended session may have the name of another: then the plain table has the IDs
// of both, which tell them apart and can be given for a name.
var sessionColumns = []column{
	{head: "NAME", least: 12, worth: 99},
	{head: "ID", worth: 8},
	{head: "STATUS", least: 8, worth: 9},
	{head: "STATE", least: 7, worth: 8},
	{head: "USED", worth: 6},
	{head: "COMMAND", least: 8, worth: 7},
	{head: "AGE", worth: 5},
	{head: "SIZE", worth: 4},
	{head: "LABELS", least: 8, worth: 3},
	{head: "CLIENTS", least: 12, worth: 3},
	{head: "HANDLER", least: 8, worth: 2},
}

const plainColumns = 6

func (a *app) sessionTable(list []*exec.Session, wide bool, now time.Time) table {
	t := table{columns: sessionColumns}
	shared, current := sharedNames(list), a.current(list)
	states := wide || anyStates(list)
	for _, s := range list {
		name := harmless(s.Name)
		if s == current {
			name += " *"
		}
		id := harmless(s.ID)
		if !wide && !shared[s.Name] {
			id = ""
		}
		state := ""
		if states {
			if state = stateWords(s.State); state == "" && s.Exit == nil && anyStates(list) {
				state = "unknown"
			}
			if wide && s.State.Source != "" {
				state += " (" + harmless(string(s.State.Source)) + ")"
			}
		}
		t.rows = append(t.rows, []string{
			name, id, status(s), state, used(s, now), command(s),
			age(now.Sub(s.CreatedAt)), columnsByRows(s.Size), labels(s.Labels), clients(s, now), harmless(s.Handler),
		})
	}
	if wide {
		return t
	}
	t.columns = t.columns[:plainColumns]
	for i, row := range t.rows {
		t.rows[i] = row[:plainColumns]
	}
	return t
}

// sharedNames returns the names that more than one session has.
func sharedNames(list []*exec.Session) map[string]bool {
	seen, shared := map[string]bool{}, map[string]bool{}
	for _, s := range list {
		shared[s.Name] = seen[s.Name]
		seen[s.Name] = true
	}
	return shared
}

// current returns which of the sessions the command was typed in, or nil. The
// terminal tells, and where there is none, as in a script, the variable.
func (a *app) current(list []*exec.Session) *exec.Session {
	if s := a.insideOf(list); s != nil || width(a.in) > 0 || width(a.out) > 0 {
		return s
	}
	for _, s := range list {
		if s.ID != "" && s.ID == a.getenv("XSH_SESSION_ID") {
			return s
		}
	}
	return nil
}

func status(s *exec.Session) string {
	switch {
	case s.Exit != nil:
		return "ended, " + harmless(s.Exit.String())
	case s.Stopped:
		return "stopped"
	case s.Clients > 1:
		return fmt.Sprintf("attached (%d)", s.Clients)
	case s.Clients == 1:
		return "attached"
	default:
		return "detached"
	}
}

// used says how long ago a client was attached.
func used(s *exec.Session, now time.Time) string {
	switch {
	case s.Clients > 0:
		return "now"
	case s.AttachedAt.IsZero():
		return "never"
	default:
		return age(now.Sub(s.AttachedAt))
	}
}

// columnsByRows says a size as people do. Everywhere else rows come first.
func columnsByRows(s exec.Size) string {
	if !s.Valid() {
		return ""
	}
	return fmt.Sprintf("%dx%d", s.Cols, s.Rows)
}

func command(s *exec.Session) string {
	if len(s.Command) == 0 {
		return "(login shell)"
	}
	text, room := "", 4*maxCell // no more is shown: arguments can be megabytes
	for i, arg := range s.Command {
		if i > 0 {
			text += " "
		}
		if text += arg; len(text) > room {
			text = strings.ToValidUTF8(text[:room], "") + "…"
			break
		}
	}
	return harmless(text)
}

func labels(m map[string]string) string {
	var pairs []string
	for k, v := range m {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	return harmless(strings.Join(pairs, ","))
}

// age is a duration in its largest unit, as a person would say it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
