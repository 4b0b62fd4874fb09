package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

type sendOptions struct {
	Keys     []string
	Paste    bool
	File     string
	Enter    bool
	Submit   bool
	AtPrompt bool
	Agent    bool
	Timeout  time.Duration
	Selector selectorFlag
}

// AddFlags adds the command's flags.
func (o *sendOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&o.Keys, "keys", "k", nil, "press `KEYS`, such as C-c or 'Up Enter'; behind TEXT, if there is any")
	f.BoolVar(&o.Paste, "paste", false, "paste the text, as a terminal does")
	f.StringVarP(&o.File, "file", "f", "", "send what is in `FILE`; - is the standard input")
	f.BoolVar(&o.Enter, "enter", false, "press Enter at the end")
	f.BoolVar(&o.Submit, "submit", false, "paste, wait until the program has taken it in, then Enter")
	f.BoolVar(&o.Agent, "agent", false, "say that an agent types, for xsh inspect to tell")
	f.BoolVar(&o.AtPrompt, "at-prompt", false, "wait first until the shell is at its prompt")
	f.DurationVar(&o.Timeout, "timeout", 30*time.Second, "how long to wait, with --submit and --at-prompt")
	o.Selector.add(cmd)
}

func newSendCommand(a *app) *cobra.Command {
	o := &sendOptions{}
	cmd := &cobra.Command{
		Use:   "send NAME|-l SELECTOR [TEXT...]",
		Short: "Type into a session",
		Long: `Type TEXT into a session: the words with a blank between, as they are, and no
Enter unless --enter or -k Enter asks for it. Without TEXT and -k the text is
what -f or the standard input has. Nobody has to be attached, and nobody's
terminal changes.

Keys are characters or names, with C- for Ctrl, M- for Alt and S- for Shift
before them: C-c, M-x, Enter, Tab, Esc, BSpace, Up, PgUp, F5, C-Left. There are
Space, Insert, Delete, Home, End, Menu, Pause, F1 to F35, KP0 to KP9 and KPEnter
as well; docs/keys.md has all names, and what is sent for each. The program gets
them in the encoding that it asked for.

What is sent at once comes as one piece: nothing that others type gets into it.
While somebody types at a terminal that is attached, it waits for a pause, and
fails if there is none for long; xsh attach --share-keyboard does without.

--submit is for programs that take in a pasted text slowly: Enter is pressed
when the screen shows the text and is quiet, and the command waits until the
screen has changed again. It prints "submitted", or tells why not.

With -l, or a pattern such as 'web-*' as NAME, all those active sessions get it,
one after the other.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh send web 'make test' --enter
  xsh send web -k C-c
  xsh send notes --paste -f draft.txt
  xsh send agent --submit 'fix the failing test'
  xsh send -l project=web -k C-c`,
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE: func(cmd *cobra.Command, list []string) error {
			if o.Selector.given {
				return runSend(cmd.Context(), a, o, nil, list)
			}
			if len(list) == 0 {
				return withHint(usagef("xsh send takes NAME and what to type"), "xsh send --help shows how")
			}
			return runSend(cmd.Context(), a, o, list[:1], list[1:])
		},
	}
	o.AddFlags(cmd)
	return cmd
}

// typing says who types by the calls that are made with the context. What types into
// the session that it runs in does not wait for who types there.
func (a *app) typing(ctx context.Context, agent bool) context.Context {
	by := exec.Typer{Kind: exec.TyperScript, Client: a.getenv("XSH_SESSION_ID")}
	if agent {
		by.Kind = exec.TyperAgent
	}
	return exec.WithTyper(ctx, by)
}

func runSend(ctx context.Context, a *app, o *sendOptions, refs, words []string) error {
	input, err := o.input(a, words)
	if err != nil {
		return err
	}
	ctx = a.typing(ctx, o.Agent)
	return a.every(ctx, refs, o.Selector, activeSession, func(c *client.Client, name string) error {
		if !o.Submit && !o.AtPrompt {
			_, err := typeAll(request(ctx), c, name, input)
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		if o.AtPrompt {
			if err := awaitPrompt(ctx, c, name); err != nil {
				return err
			}
		}
		if o.Submit {
			return submit(ctx, a, c, name, input)
		}
		_, err := typeAll(request(ctx), c, name, input)
		return err
	})
}

// input is what is to be typed.
func (o *sendOptions) input(a *app, words []string) ([]exec.Input, error) {
	var keys []exec.Input
	for _, list := range o.Keys {
		for _, name := range keyNames(list) {
			if err := exec.CheckKey(name); err != nil {
				return nil, withHint(&usageError{err}, "keys are such as C-c, M-x, Enter, Up or F5; xsh send --help tells more")
			}
			keys = append(keys, exec.Input{Key: name})
		}
	}
	data, err := o.text(a, words)
	if err != nil {
		return nil, err
	}
	if o.Submit && (len(data) == 0 || len(keys) > 0 || o.Enter) {
		return nil, usagef("--submit takes a text, and no keys: it presses Enter itself")
	}
	if len(data)+len(keys) == 0 && !o.Enter {
		return nil, withHint(usagef("nothing to type"), "give a TEXT, -k KEYS, -f FILE or --enter")
	}
	var input []exec.Input
	switch {
	case len(data) == 0:
	case o.Paste || o.Submit:
		if len(data) > maxPaste {
			return nil, fmt.Errorf("cannot paste %d bytes, at most %d at once", len(data), maxPaste)
		}
		input = append(input, exec.Input{Paste: data})
	default:
		for piece := range slices.Chunk(data, maxTyped) {
			input = append(input, exec.Input{Text: piece})
		}
	}
	input = append(input, keys...)
	if o.Enter {
		input = append(input, exec.Input{Key: "Enter"})
	}
	return input, nil
}

// Bounds of what goes to the server at once.
const (
	maxPaste = 3 << 20
	maxTyped = 1 << 20
)

// sendHold is for how long nobody else types between two calls of one send.
const sendHold = 10 * time.Second

// keyNames are the names in a list of keys with blanks between. A blank alone is
// the key.
func keyNames(list string) []string {
	if names := strings.Fields(list); len(names) > 0 {
		return names
	}
	return []string{list}
}

// text is the text to type: of the words, a file, or the standard input.
func (o *sendOptions) text(a *app, words []string) ([]byte, error) {
	switch {
	case len(words) > 0 && o.File != "":
		return nil, usagef("TEXT does not go with -f")
	case len(words) > 0:
		return []byte(strings.Join(words, " ")), nil
	case o.File == "-", o.File == "" && len(o.Keys) == 0 && !o.Enter && width(a.in) == 0:
		return io.ReadAll(a.in)
	case o.File != "":
		return os.ReadFile(o.File)
	}
	return nil, nil
}

// typeAll types input, no more at once than fits a call.
func typeAll(ctx *types.PluginContext, d exec.Typist, name string, input []exec.Input) (first exec.Typed, err error) {
	all := 0
	for _, in := range input {
		all += len(in.Text)
	}
	calls := [][]exec.Input{input}
	if all > maxTyped {
		calls = calls[:0]
		for _, in := range input {
			calls = append(calls, []exec.Input{in})
		}
	}
	var bytes int64
	by := exec.TyperOf(ctx.Ctx())
	by.Turn, by.Hold = rand.Text(), sendHold
	for i, call := range calls {
		if i == len(calls)-1 {
			by.Hold = 0
		}
		typed, err := d.Type(ctx.WithContext(exec.WithTyper(ctx.Ctx(), by)), name, call...)
		if i == 0 {
			first = typed
		}
		bytes += typed.Bytes
		if errors.Is(err, exec.ErrSessionClosed) && bytes > 0 {
			return first, fmt.Errorf("%w when %d bytes had been typed", err, bytes)
		} else if err != nil {
			return first, err
		}
	}
	return first, nil
}

func awaitPrompt(ctx context.Context, d exec.Waiter, name string) error {
	_, err := d.Wait(request(ctx), name, exec.WaitOptions{For: exec.WaitPrompt})
	if errors.Is(err, context.DeadlineExceeded) {
		return withHint(fmt.Errorf("the shell did not come to its prompt: %w", err), "only a shell that marks its prompts can tell")
	}
	return err
}

// submit pastes a prompt, and says how that went.
func submit(ctx context.Context, a *app, d exec.Driver, name string, input []exec.Input) error {
	err := exec.Submit(request(ctx), d, name, string(input[0].Paste))
	var not *exec.SubmitError
	switch {
	case err == nil:
		_, err := fmt.Fprintln(a.out, "submitted")
		return err
	case errors.As(err, &not) && errors.Is(err, context.DeadlineExceeded):
		err := fmt.Errorf("not submitted: %s", not.Why)
		return &codedError{codeFailed, withHint(err, "xsh capture "+harmless(name)+" shows the screen; --timeout waits longer")}
	case errors.As(err, &not):
		return fmt.Errorf("not submitted: %w", not.Err)
	}
	return err
}
