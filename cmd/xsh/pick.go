package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type pickOptions struct {
	Plain  bool
	Filter string
}

func newPickCommand(a *app) *cobra.Command {
	o := &pickOptions{}
	cmd := &cobra.Command{
		Use:   "pick [TEXT]",
		Short: "Choose a session from a list that shows what each is at",
		Long: `Show the sessions as they change, with what the one under the cursor shows, and
attach to the one that is chosen; inside a session this terminal goes to it, as
with xsh switch. What is typed, or TEXT, leaves those whose name, command,
directory, title, labels or status it fits: all words, each in its order, with
gaps.

Keys:
` + pickerKeys + `
Ctrl-N asks for the new session's directory, Ctrl-L for KEY=VALUE and KEY-, and
Ctrl-F for a regular expression, which is looked for in what all sessions show
and have shown. Ctrl-T looks at what the session showed, as xsh rewind does.
Ctrl-X asks before it kills, and forgets what has ended.

On a narrow terminal the list stands alone. Colours are those that TERM and
COLORTERM say the terminal has; NO_COLOR leaves them out. With --plain, or
TERM=dumb, a numbered list is printed and a number or name is asked for, which
suits a screen reader.
` + attachCodesHelp,
		Example: `  xsh pick
  xsh pick web`,
		Args: args(cobra.MaximumNArgs(1), "at most one TEXT"),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Filter = strings.Join(list, " ")
			return runPick(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVar(&o.Plain, "plain", false, "ask with a numbered list")
	return cmd
}

// pickerKeys tells the keys, for help and for the picker itself. It fits into 40
// columns and 8 rows.
const pickerKeys = `  Up Down PgUp PgDn Home End  move
  Enter   attach     Esc     back, leave
  Ctrl-N  new        Ctrl-X  kill
  Ctrl-R  rename     Ctrl-L  label
  Ctrl-F  find text  Ctrl-T  rewind
  Ctrl-U  clear what was typed
`

// choice is what the picker was left with.
type choice struct {
	session string // the ID of the one to attach to
	newIn   string // the directory of a session to start
	rewind  string // the ID of the one whose past is to be looked at
}

func runPick(ctx context.Context, a *app, o *pickOptions) error {
	var chosen choice
	err := a.withServer(ctx, func(c *client.Client) (err error) {
		if o.Plain || a.getenv("TERM") == "dumb" {
			chosen, err = pickPlain(ctx, a, c, o.Filter)
		} else {
			chosen, err = pickOnScreen(ctx, a, c, o.Filter)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case chosen.rewind != "":
		if err := runRewind(ctx, a, momentFlag{}, chosen.rewind); err != nil {
			return err
		}
		return runPick(ctx, a, o) // who has looked goes on choosing
	case chosen.newIn != "":
		n := &newOptions{Dir: chosen.newIn, On: defaultHandler}
		return runNew(ctx, a, n)
	case chosen.session == "":
		return nil
	case a.getenv("XSH_SESSION_ID") != "":
		if err := a.switchTo(ctx, chosen.session); !errors.Is(err, errNotInside) {
			return err
		}
	}
	return runAttach(ctx, a, &attachOptions{Name: chosen.session})
}

// picks reports whether xsh alone is xsh pick here. With settings that are wrong it
// is not: the list needs none.
func (a *app) picks() bool {
	conf, err := a.loadConfig()
	return err == nil && conf.Picker && rawtty.Check(a.in, a.out) == nil
}

// errNotInside: the terminal is not a session's, whatever the variables say.
var errNotInside = errors.New("not inside a session")

// switchTo moves this terminal to another session.
func (a *app) switchTo(ctx context.Context, id string) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	list, err := c.ListSessions(request(ctx))
	c.Close()
	if err == nil && a.insideOf(list) == nil {
		err = errNotInside
	}
	if err != nil {
		return err
	}
	return runSwitch(ctx, a, id)
}

// byUse orders sessions as the picker shows them: active ones first, and those that
// were used last.
func byUse(x, y *exec.Session) int {
	last := func(s *exec.Session) time.Time {
		t := s.CreatedAt
		for _, u := range []time.Time{s.AttachedAt, s.UsedAt} {
			if u.After(t) {
				t = u
			}
		}
		return t
	}
	if (x.Exit == nil) != (y.Exit == nil) {
		if x.Exit == nil {
			return -1
		}
		return 1
	}
	return cmp.Or(last(y).Compare(last(x)), strings.Compare(x.Name, y.Name))
}

// pickPlain asks with a numbered list, line by line.
func pickPlain(ctx context.Context, a *app, c *client.Client, filter string) (choice, error) {
	all, err := listSessions(ctx, c)
	if err != nil {
		return choice{}, err
	}
	list := filtered(all, filter)
	if len(list) == 0 {
		return choice{}, withHint(errors.New("there is no session to choose from"), "xsh new starts one")
	}
	for i, s := range list {
		fmt.Fprintf(a.err, "%d: %s, %s, %s\n", i+1, harmless(s.Name), status(s), command(s))
	}
	fmt.Fprint(a.err, "number or name, nothing to leave: ")
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return choice{}, err
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return choice{}, nil
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(list) {
		return choice{session: list[n-1].ID}, nil
	}
	if i := slices.IndexFunc(list, func(s *exec.Session) bool { return s.Name == line }); i >= 0 {
		return choice{session: list[i].ID}, nil
	}
	return choice{}, withHint(fmt.Errorf("no session %q in the list", line), fmt.Sprintf("want 1 to %d, or a name", len(list)))
}
