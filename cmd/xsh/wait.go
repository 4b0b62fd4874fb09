package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type waitOptions struct {
	For     string
	Since   string
	Any     bool
	Timeout time.Duration
	Output  choiceFlag

	Selector selectorFlag
}

// waitWords are what --for takes, for completions.
var waitWords = []string{"exit", "command", "prompt", "idle=", "text=", "gone=", "bell", "title=", "state="}

// AddFlags adds the command's flags.
func (o *waitOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.For, "for", "exit", "`WHAT` to wait for")
	f.StringVar(&o.Since, "since", "", "count what came from `MARK` on: an offset of the output, last-send or now")
	f.BoolVar(&o.Any, "any", false, "end with the first of several sessions, not the last")
	f.DurationVar(&o.Timeout, "timeout", 0, "give up after this `TIME`, such as 30s; 0 is never")
	o.Output.addOutput(cmd)
	o.Selector.add(cmd)
	cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(waitWords, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	cmd.RegisterFlagCompletionFunc("since", cobra.FixedCompletions([]string{"last-send", "now"}, cobra.ShellCompDirectiveNoFileComp))
}

func newWaitCommand(a *app) *cobra.Command {
	o := &waitOptions{Output: outputFlag("text", "json")}
	cmd := &cobra.Command{
		Use:   "wait NAME...",
		Short: "Wait until something happens in a session",
		Long: `Wait, without --for until the sessions have ended, and tell what came:

  exit           the program has ended
  command        a command of the shell has finished, since the last xsh send
  prompt         the shell is at its prompt
  idle=2s        nothing was printed for that long
  text=REGEX     the screen shows it, or it was printed meanwhile
  gone=REGEX     the screen does not show it
  bell           the bell rang, since the last xsh send
  title=REGEX    the window's title matches
  state=STATE    the session is attached, detached, stopped or ended, or its
                 program is working, blocked, idle, done or failed

What is the case already counts, unless --since says from where on. ^ and $
match at the ends of lines. command and prompt need a shell that marks its
prompts. A session that ends before is a failure. With -l it is the sessions
that match now.

An ID that xsh run -d printed stands for that command: it is waited for.
` + refsHelp + `

Exit codes: 0 it came, 1 failure, 2 usage, 124 the time was over, 254 it is not
known how a command of xsh run -d ended.`,
		Example: `  xsh wait build
  xsh send web 'make test' --enter && xsh wait web --for command --timeout 5m
  xsh wait web --for 'text=listening on \d+' --timeout 30s
  xsh wait a b c --any -o json`,
		ValidArgsFunction: a.completeSessions(-1, anySession),
		RunE:              func(cmd *cobra.Command, names []string) error { return runWait(cmd.Context(), a, o, names) },
	}
	o.AddFlags(cmd)
	return cmd
}

// waitedJSON is what a wait ended with as -o json has it.
type waitedJSON struct {
	Name      string           `json:"name"`
	SessionID string           `json:"session_id"`
	Reason    string           `json:"reason"`
	Offset    int64            `json:"offset"`
	Match     *string          `json:"match"`
	Row       *int             `json:"row"`
	Line      *string          `json:"line"`
	Status    *int             `json:"status"`
	Exit      *exec.ExitStatus `json:"exit"`
	State     *string          `json:"state"` // with its message as match
}

func runWait(ctx context.Context, a *app, o *waitOptions, names []string) error {
	what, err := o.parse()
	if err != nil {
		return err
	}
	if len(names) == 0 && !o.Selector.given {
		return withHint(usagef("no session named"), "name those to wait for")
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	c, names, err := a.dialSelected(ctx, names, o.Selector, anySession)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	ended, err := waitForAll(ctx, c, names, what, o.Any)
	if err != nil {
		return o.explain(ctx, c, secrets, err)
	}
	for _, w := range ended {
		w.Match, w.Line = secrets.Hide(w.Match), secrets.Hide(w.Line)
	}
	if o.Output.value == "json" {
		list := make([]waitedJSON, 0, len(ended))
		for _, w := range ended {
			list = append(list, newWaitedJSON(w))
		}
		if len(names) == 1 || o.Any {
			return printJSON(a.out, list[0])
		}
		return printJSON(a.out, list)
	}
	for _, w := range ended {
		if _, err := fmt.Fprintf(a.out, "%s: %s\n", harmless(w.Session.Name), waitedWords(w)); err != nil {
			return err
		}
	}
	return nil
}

// waitError is a wait that failed, with the session that it was for.
type waitError struct {
	name string
	err  error
}

func (e *waitError) Error() string { return e.err.Error() }
func (e *waitError) Unwrap() error { return e.err }

// waitForAll waits for all sessions at once, or for the first of any. The results
// are in the order of the names.
func waitForAll(ctx context.Context, c *client.Client, names []string, what exec.WaitOptions, any bool) ([]*exec.Waited, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		i   int
		w   *exec.Waited
		err error
	}
	results := make(chan result, len(names))
	for i, name := range names {
		go func() { // ends with ctx
			var w *exec.Waited
			what := what
			if run, ok := parseRunID(name); ok {
				name, what = run.session, exec.WaitOptions{For: exec.WaitCommand, Run: run.nonce}
			}
			err := meantOne(ctx, c, name, func(_ *client.Client, name string) (err error) {
				w, err = c.Wait(request(ctx), name, what)
				return err
			})
			results <- result{i, w, err}
		}()
	}
	all := make([]*exec.Waited, len(names))
	for range names {
		r := <-results
		if r.err != nil {
			return nil, &waitError{names[r.i], r.err}
		}
		if any {
			return []*exec.Waited{r.w}, nil
		}
		all[r.i] = r.w
	}
	return all, nil
}

// parse reads --for and --since.
func (o *waitOptions) parse() (exec.WaitOptions, error) {
	var w exec.WaitOptions
	kind, value, has := strings.Cut(o.For, "=")
	w.For = exec.WaitFor(kind)
	hint := "xsh wait --help lists what can be waited for"
	switch w.For {
	case exec.WaitText, exec.WaitGone, exec.WaitTitle:
		if value == "" {
			return w, withHint(usagef("--for %s needs a pattern", kind), "such as --for '"+kind+"=ready'")
		}
		if err := checkPattern(value); err != nil {
			return w, err
		}
		w.Pattern = value
	case exec.WaitState:
		if all := exec.WaitStates(); !slices.Contains(all, value) {
			return w, withHint(usagef("bad state %q to wait for", value), "want state="+orList(all))
		}
		w.Pattern = value
	case exec.WaitIdle:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return w, withHint(usagef("bad time %q to be idle for", value), "such as --for idle=2s")
		}
		w.Idle = d
	case exec.WaitExit, exec.WaitCommand, exec.WaitPrompt, exec.WaitBell:
		if has {
			return w, usagef("--for %s takes no value", kind)
		}
	default:
		if near := nearest(kind, []string{"exit", "command", "prompt", "idle", "text", "gone", "bell", "title", "state"}); near != "" {
			hint = "did you mean " + near + "?"
		}
		return w, withHint(usagef("cannot wait for %q", kind), hint)
	}
	switch o.Since {
	case "":
	case "now":
		w.Since = new(exec.SinceNow)
	case "last-send":
		w.Since = new(exec.SinceTyped)
	default:
		n, err := strconv.ParseInt(o.Since, 10, 64)
		if err != nil || n < 0 {
			return w, withHint(usagef("bad value %q of --since", o.Since), "want an offset, last-send or now")
		}
		w.Since = &n
	}
	return w, nil
}

// explain says of a wait that failed what it was for, and of one whose time was
// over what the screen shows.
func (o *waitOptions) explain(ctx context.Context, c *client.Client, secrets *mask.Mask, err error) error {
	var failed *waitError
	name := ""
	if errors.As(err, &failed) {
		name = failed.name
	}
	if run, ok := parseRunID(name); ok {
		return run.explain(err, o.Timeout)
	}
	switch {
	case o.Timeout > 0 && errors.Is(err, context.DeadlineExceeded):
		ctx = context.WithoutCancel(ctx)
		err = fmt.Errorf("session %q: no %s within %v%s", name, o.For, o.Timeout, o.stateNow(ctx, c, secrets, name))
		return &codedError{codeTimeout, withHint(err, lastLines(ctx, c, secrets, name))}
	case errors.Is(err, exec.ErrSessionClosed):
		return fmt.Errorf("session %q ended before: no %s", name, o.For)
	}
	return err
}

// shownLines is how many lines of the screen an error shows.
const shownLines = 3

// stateNow tells, where a state was waited for, what the session's program is at.
func (o *waitOptions) stateNow(ctx context.Context, c exec.Provider, secrets *mask.Mask, name string) string {
	if !strings.HasPrefix(o.For, string(exec.WaitState)+"=") {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, completionWait)
	defer cancel()
	s, err := c.GetSession(request(ctx), name)
	if err != nil {
		return ""
	}
	s.State.Message = secrets.Hide(s.State.Message)
	if words := stateWords(s.State); words != "" {
		return "; it is " + words
	}
	return "; its state is unknown"
}

// lastLines tells what a session shows at the bottom.
func lastLines(ctx context.Context, c exec.Capturer, secrets *mask.Mask, name string) string {
	ctx, cancel := context.WithTimeout(ctx, completionWait)
	defer cancel()
	screen, err := c.Capture(request(ctx), name, exec.CaptureOptions{})
	if err != nil || screen.Text() == "" {
		return ""
	}
	hideSecrets(secrets, screen)
	lines := strings.Split(strings.TrimSuffix(screen.Text(), "\n"), "\n")
	lines = lines[max(0, len(lines)-shownLines):]
	for i, line := range lines {
		lines[i] = tamed(line)
	}
	return "it shows: " + strings.Join(lines, "\nxsh:   ")
}

// waitedWords says what a wait ended with.
func waitedWords(w *exec.Waited) string {
	switch w.Reason {
	case exec.WaitExit:
		return w.Session.Exit.String()
	case exec.WaitCommand:
		text := "command finished"
		if w.Status != nil {
			text += fmt.Sprintf(", status %d", *w.Status)
		}
		if w.Line != "" {
			text += ": " + harmless(w.Line)
		}
		return text
	case exec.WaitText, exec.WaitTitle:
		return fmt.Sprintf("%s %s", w.Reason, harmless(strconv.Quote(w.Match)))
	case exec.WaitState:
		if w.State != exec.StateUnknown {
			return stateWords(exec.State{Name: w.State, Message: w.Match})
		}
		return status(w.Session)
	}
	return string(w.Reason)
}

func newWaitedJSON(w *exec.Waited) waitedJSON {
	j := waitedJSON{
		Name: w.Session.Name, SessionID: w.Session.ID, Reason: string(w.Reason), Offset: w.Offset,
		Status: w.Status, Exit: w.Session.Exit,
	}
	if w.Reason == exec.WaitText || w.Reason == exec.WaitTitle {
		j.Match = &w.Match
	}
	if w.State != exec.StateUnknown {
		j.State, j.Match = new(string(w.State)), &w.Match
	}
	if w.Reason == exec.WaitText {
		j.Row = &w.Row
	}
	if w.Line != "" {
		j.Line = &w.Line
	}
	return j
}
