package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type reportOptions struct {
	Session  string
	Message  string
	Key      string
	Progress int
	Clear    bool
	IfInside bool

	hasProgress bool
}

// AddFlags adds the command's flags.
func (o *reportOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.Message, "message", "m", "", "say more: what is waited for, what is done")
	f.StringVar(&o.Key, "message-key", "", "take the message from `KEY` of the JSON behind STATE, or on the standard input")
	f.IntVar(&o.Progress, "progress", 0, "how far it is, in `PERCENT`")
	f.StringVarP(&o.Session, "session", "s", "", "of the session `NAME`, rather than the one that the command runs in")
	f.BoolVar(&o.Clear, "clear", false, "take back what was reported")
	f.BoolVar(&o.IfInside, "if-inside", false, "do nothing where there is no session, for hooks")
}

func newReportCommand(a *app) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report STATE",
		Short: "Say what the program of a session is at",
		Long: `Say what the program of a session is at, for xsh ls, xsh wait --for state= and
xsh events to tell. STATE is

  working   it does what it was asked for
  blocked   it cannot go on without somebody, as before a question
  idle      it waits to be asked for something
  done      what it was asked for is over
  failed    it is over, and did not go well

The session is the one that the command runs in, by the variable XSH_SESSION_ID,
unless -s names another. A report counts until the next one. Without one the
state is what the program's terminal shows (OSC 9;4 is progress, a notification
asks for somebody until somebody types), else what a shell does that marks its
prompts, else what the setting rules says of its screen, else unknown.

For hooks of other programs: --if-inside does nothing outside of sessions, and
--message-key takes the message from the JSON that a hook is given.
` + exitCodesHelp,
		Example: `  xsh report working -m 'runs the tests' --progress 40
  xsh report blocked -m 'may I delete build/?'
  xsh report done -s nightly
  xsh report --clear`,
		Args: args(cobra.MaximumNArgs(2), "one STATE"),
		ValidArgsFunction: func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return stateNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			o.hasProgress = cmd.Flags().Changed("progress")
			return runReport(cmd.Context(), a, o, list)
		},
	}
	o.AddFlags(cmd)
	cmd.RegisterFlagCompletionFunc("session", a.completeSessions(-1, activeSession))
	return cmd
}

func stateNames() []string {
	var names []string
	for _, n := range exec.StateNames {
		names = append(names, string(n))
	}
	return names
}

func runReport(ctx context.Context, a *app, o *reportOptions, list []string) error {
	ref := o.Session
	if ref == "" {
		ref = a.getenv("XSH_SESSION_ID")
	}
	if ref == "" && o.IfInside {
		return nil
	}
	state, err := o.state(a, list)
	if err != nil {
		return err
	}
	if ref == "" {
		return withHint(errors.New("not inside a session: XSH_SESSION_ID is not set"), "name one with -s: xsh ls lists them")
	}
	return a.one(ctx, ref, func(c *client.Client, name string) error {
		_, err := c.Report(request(ctx), name, state)
		return err
	})
}

// state is what is to be reported.
func (o *reportOptions) state(a *app, list []string) (exec.State, error) {
	var state exec.State
	switch {
	case o.Clear && (len(list) > 0 || o.Message != "" || o.Key != "" || o.hasProgress):
		return state, usagef("--clear takes back what was reported, and goes with no STATE, message or progress")
	case o.Clear:
		return state, nil
	case len(list) == 0:
		return state, withHint(usagef("no state to report"), "it is "+orList(stateNames()))
	case len(list) == 2 && o.Key == "":
		return state, withHint(usagef("xsh report takes one STATE"), "a message goes with -m")
	case o.Key != "" && o.Message != "":
		return state, usagef("--message does not go with --message-key")
	}
	state = exec.State{Name: exec.StateName(list[0]), Message: o.Message}
	if !slices.Contains(stateNames(), list[0]) {
		hint := "it is " + orList(stateNames())
		if near := nearest(list[0], stateNames()); near != "" {
			hint = "did you mean " + near + "?"
		}
		return state, withHint(usagef("unknown state %q", list[0]), hint)
	}
	if o.hasProgress {
		if o.Progress < 0 || o.Progress > 100 {
			return state, usagef("bad progress %d: it is in percent, from 0 to 100", o.Progress)
		}
		state.Progress = &o.Progress
	}
	if o.Key == "" {
		return state, nil
	}
	var err error
	state.Message, err = o.keyed(a.in, list[1:])
	return state, err
}

// maxHookInput bounds the JSON that a hook hands on: it may have a whole
// conversation in it.
const maxHookInput = 16 << 20

// keyed is the text that the JSON of a hook has under the key; empty if it has
// none.
func (o *reportOptions) keyed(in io.Reader, given []string) (string, error) {
	if len(given) > 0 {
		in = strings.NewReader(given[0])
	}
	var values map[string]any
	if err := json.NewDecoder(io.LimitReader(in, maxHookInput)).Decode(&values); err != nil {
		return "", fmt.Errorf("--message-key %s: what is given is no JSON object: %w", o.Key, err)
	}
	message, _ := values[o.Key].(string)
	return message, nil
}

// stateWords says a state in a cell of a table: its name, how far it is, and why.
func stateWords(s exec.State) string {
	if s.Name == exec.StateUnknown {
		return ""
	}
	text := string(s.Name)
	if s.Progress != nil {
		text += " " + strconv.Itoa(*s.Progress) + "%"
	}
	if s.Message != "" {
		text += ": " + s.Message
	}
	return harmless(text)
}

// stateSource says in words who tells a state.
func stateSource(s exec.StateSource) string {
	switch s {
	case exec.SourceReport:
		return ", as reported"
	case exec.SourceTerminal:
		return ", as its terminal shows"
	case exec.SourceShell:
		return ", as its shell marks"
	case exec.SourceRule:
		return ", by a rule for its screen"
	}
	return ""
}

// stateLine says a state with all that is known of it.
func stateLine(s exec.State, now time.Time) string {
	if s.Name == exec.StateUnknown {
		return ""
	}
	text := stateWords(s) + stateSource(s.Source)
	if !s.Since.IsZero() {
		text += ", for " + age(now.Sub(s.Since))
	}
	return text
}

// anyStates reports whether a program of the sessions has said what it is at, which
// a shell at its prompt is not worth a column for.
func anyStates(list []*exec.Session) bool {
	for _, s := range list {
		if s.State.Name != exec.StateUnknown && s.State.Source != exec.SourceShell {
			return true
		}
	}
	return false
}
