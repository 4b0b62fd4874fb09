package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type grepOptions struct {
	IgnoreCase             bool
	After, Before, Context int
	Selector               selectorFlag
	Output                 choiceFlag
}

// AddFlags adds the command's flags.
func (o *grepOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.IgnoreCase, "ignore-case", "i", false, "upper and lower case are one")
	f.IntVarP(&o.After, "after-context", "A", 0, "also `N` lines behind each")
	f.IntVarP(&o.Before, "before-context", "B", 0, "also `N` lines before each")
	f.IntVarP(&o.Context, "context", "C", 0, "also `N` lines around each")
	o.Selector.add(cmd)
	o.Output.addOutput(cmd)
}

func newGrepCommand(a *app) *cobra.Command {
	o := &grepOptions{Output: outputFlag("text", "json")}
	cmd := &cobra.Command{
		Use:   "grep REGEX [NAME...]",
		Short: "Look for text in what sessions show and have shown",
		Long: `Print the lines of screens and histories that match, of the named sessions or of
all, ended ones too. Lines that were wrapped are one. On a terminal what matches
is red; NO_COLOR leaves that out, CLICOLOR_FORCE has it in a pipe too.
` + refsHelp + `

Exit codes: 0 something matched, 1 nothing did or failure, 2 usage, 124 the
server did not answer in time.`,
		Example: `  xsh grep error
  xsh grep -i -C 2 'panic|fatal' 'web-*'
  xsh grep TODO -l project=shop -o json`,
		Args: args(cobra.MinimumNArgs(1), "a REGEX"),
		ValidArgsFunction: func(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(given) == 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeSessions(-1, anySession)(cmd, given, typed)
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			return runGrep(cmd.Context(), a, o, list[0], list[1:])
		},
	}
	o.AddFlags(cmd)
	return cmd
}

// foundJSON is a line that grep found, as -o json has it.
type foundJSON struct {
	Name      string `json:"name"`
	SessionID string `json:"session_id"`
	Line      int    `json:"line"` // counted from the oldest that is kept, from 1
	Text      string `json:"text"`
	Match     bool   `json:"match"`
}

func runGrep(ctx context.Context, a *app, o *grepOptions, pattern string, names []string) error {
	if err := checkPattern(pattern); err != nil {
		return err
	}
	if o.IgnoreCase {
		pattern = "(?i)" + pattern
	}
	if len(names) > 0 && o.Selector.given {
		return usagef("names do not go with -l")
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	c, expanded, err := a.dialNamed(ctx, names, anySession)
	switch {
	case errors.Is(err, client.ErrNoServer):
		return nothingFound(a, o)
	case err != nil:
		return err
	}
	defer c.Close()
	sessions, err := o.sessions(ctx, c, expanded)
	if err != nil {
		return err
	}
	found := make([]*exec.Found, len(sessions))
	errs := make([]error, len(sessions))
	search := exec.SearchOptions{Pattern: pattern, Before: max(o.Before, o.Context), Behind: max(o.After, o.Context)}
	var searching sync.WaitGroup
	turns := make(chan struct{}, 4)
	for i, s := range sessions {
		searching.Go(func() {
			turns <- struct{}{}
			found[i], errs[i] = c.Search(request(ctx), s.ID, search)
			<-turns
		})
	}
	searching.Wait()
	for _, f := range found {
		if f == nil {
			continue
		}
		for i := range f.Lines {
			f.Lines[i].Text = secrets.Hide(f.Lines[i].Text)
		}
	}
	var re *regexp.Regexp
	if a.colors(a.out) {
		re = regexp.MustCompile(pattern) // checkPattern has tried it
	}
	return o.print(a, sessions, found, errs, len(names) == 1, re)
}

// sessions returns those in which to look.
func (o *grepOptions) sessions(ctx context.Context, c *client.Client, names []string) ([]*exec.Session, error) {
	var sessions []*exec.Session
	if len(names) == 0 {
		list, err := listSessions(ctx, c)
		for _, s := range list {
			if o.Selector.Matches(s.Labels) && s.Size.Valid() { // what has no terminal shows nothing
				sessions = append(sessions, s)
			}
		}
		return sessions, err
	}
	for _, name := range names {
		err := meantOne(ctx, c, name, func(_ *client.Client, name string) error {
			s, err := c.GetSession(request(ctx), name)
			if err == nil {
				sessions = append(sessions, s)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return sessions, nil
}

func nothingFound(a *app, o *grepOptions) error {
	if o.Output.value == "json" {
		if err := printJSON(a.out, []foundJSON{}); err != nil {
			return err
		}
	}
	return &codedError{code: codeFailed}
}

// print prints what was found, without names if it was looked for in one session alone;
// what matches re is coloured, unless that is nil.
func (o *grepOptions) print(a *app, sessions []*exec.Session, found []*exec.Found, errs []error, alone bool, re *regexp.Regexp) error {
	list := []foundJSON{}
	for i, s := range sessions {
		if err := errs[i]; err != nil && !errors.Is(err, exec.ErrSessionNotFound) { // else it was just removed
			return err
		} else if err != nil {
			continue
		}
		if found[i].More {
			say(a.err, fmt.Errorf("session %q: older lines match as well; only the newest are shown", s.Name))
		}
		for _, l := range found[i].Lines {
			list = append(list, foundJSON{s.Name, s.ID, l.Number, l.Text, l.Match})
		}
	}
	if len(list) == 0 {
		return nothingFound(a, o)
	}
	if o.Output.value == "json" {
		return printJSON(a.out, list)
	}
	out := bufio.NewWriter(a.out)
	around := max(o.After, o.Before, o.Context) > 0
	for i, l := range list {
		if around && i > 0 && (list[i-1].SessionID != l.SessionID || list[i-1].Line != l.Line-1) {
			out.WriteString("--\n")
		}
		mark := ":"
		if !l.Match {
			mark = "-"
		}
		switch {
		case !alone && re != nil:
			out.WriteString(colored(harmless(l.Name), colorOrigin) + mark)
		case !alone:
			out.WriteString(harmless(l.Name) + mark)
		}
		if re != nil && l.Match {
			out.WriteString(coloredMatches(re, l.Text) + "\n")
		} else {
			out.WriteString(tamed(l.Text) + "\n")
		}
	}
	return out.Flush()
}

// coloredMatches is a line with what matches in colour.
func coloredMatches(re *regexp.Regexp, line string) string {
	var b strings.Builder
	done := 0
	for _, at := range re.FindAllStringIndex(line, -1) {
		b.WriteString(tamed(line[done:at[0]]) + colored(tamed(line[at[0]:at[1]]), colorMatch))
		done = at[1]
	}
	return b.String() + tamed(line[done:])
}
