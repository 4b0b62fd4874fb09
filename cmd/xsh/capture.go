package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type captureOptions struct {
	Escapes bool
	History string
	Command int
	At      momentFlag
	Output  choiceFlag

	Selector selectorFlag
	pictureFlags
}

// AddFlags adds the command's flags.
func (o *captureOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Escapes, "escapes", "e", false, "with colours and the like, as escape sequences")
	f.StringVar(&o.History, "history", "0", "also `N` lines of history, or all")
	f.IntVar(&o.Command, "command", 0, "only what the last command printed; with =`N` the Nth last one")
	f.Lookup("command").NoOptDefVal = "1"
	f.Var(&o.At, "at", "the screen of the past, as it was at this `MOMENT`")
	o.Output.addOutput(cmd)
	o.Selector.add(cmd)
	o.pictureFlags.addTo(cmd)
}

func newCaptureCommand(a *app) *cobra.Command {
	o := &captureOptions{Output: outputFlag("text", "json")}
	cmd := &cobra.Command{
		Use:   "capture NAME|-l SELECTOR",
		Short: "Print what a session shows",
		Long: `Print the screen of a session, also of an ended one, as text: each row a line,
without the empty ones at the bottom. Nothing changes for the session.

--command needs a shell that marks its prompts (OSC 133 or 633). -o json tells
the size, the cursor, title, directory, modes and the offset of the output, and
with -e each row's text in runs of one style.

--at goes back as far as the setting buffer_bytes keeps what was printed.
` + momentHelp + `

With -l, or a pattern such as 'web-*' as NAME, it is all those sessions, each
below a line with its name; with -o json a list.

--svg prints a picture whose text is text, for a report or a README; --png one
of dots, in a font of this machine, or of --font FILE. A character that no font
has is a box.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh capture web
  xsh capture web -e --history all | less -R
  xsh capture build --command
  xsh capture web --at -5m
  xsh capture web -o json | jq .cursor
  xsh capture web --svg > web.svg`,
		Args:              args(cobra.MaximumNArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE: func(cmd *cobra.Command, list []string) error {
			if len(list) == 0 && !o.Selector.given {
				return withHint(usagef("xsh capture takes one NAME"), "xsh capture --help shows how")
			}
			return runCapture(cmd.Context(), a, o, list)
		},
	}
	o.AddFlags(cmd)
	return cmd
}

func anySession(*exec.Session) bool { return true }

func runCapture(ctx context.Context, a *app, o *captureOptions, refs []string) error {
	history, err := historyLines(o.History)
	if err != nil {
		return err
	}
	if o.Command < 0 {
		o.Command = -o.Command // --command=-2 is what people try as well
	}
	if o.At.given() && (history != 0 || o.Command > 0) {
		return usagef("--at does not go with --history and --command")
	}
	if err := o.pictureFlags.check(a, o); err != nil {
		return err
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	ask := exec.CaptureOptions{History: history, Styles: o.Escapes || o.picture(), At: o.At.offset, AtTime: o.At.time}
	if o.Command > 0 {
		ask.History = -1
	}
	many, asJSON := o.Selector.given || isPattern(refs[0]), o.Output.value == "json"
	list := []*exec.Screen{}
	err = a.every(ctx, refs, o.Selector, anySession, func(c *client.Client, name string) error {
		screen, err := c.Capture(request(ctx), name, ask)
		if o.At.given() && errors.Is(err, exec.ErrTerminalError) {
			return withHint(err, "xsh logs -t tells what is held; the setting buffer_bytes says how much that is")
		}
		if err != nil {
			return err
		}
		hideSecrets(secrets, screen)
		if o.Command > 0 {
			if err := onlyCommand(screen, o.Command); err != nil {
				return fmt.Errorf("session %q: %w", screen.Name, err)
			}
		}
		switch {
		case o.picture():
			return o.print(a.out, screen)
		case many && asJSON:
			list = append(list, screen)
			return nil
		case asJSON:
			return printJSON(a.out, screen)
		case many:
			fmt.Fprintf(a.out, "==> %s <==\n", harmless(screen.Name))
		}
		return printScreen(a.out, screen, o.Escapes, width(a.out) > 0)
	})
	if many && asJSON && len(list) > 0 {
		return errors.Join(err, printJSON(a.out, list))
	}
	return err
}

func historyLines(text string) (int, error) {
	if text == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, withHint(usagef("bad value %q of --history", text), "want a whole number, or all")
	}
	return n, nil
}

// printScreen prints the rows. On a terminal nothing that a program printed is to
// act there.
func printScreen(w io.Writer, s *exec.Screen, escapes, tame bool) error {
	out := bufio.NewWriter(w)
	lines := append(s.History, s.Lines...)
	for len(lines) > 0 && lines[len(lines)-1].Text == "" {
		lines = lines[:len(lines)-1]
	}
	for _, l := range lines {
		text := l.Text
		switch {
		case escapes:
			text = styled(l.Runs)
		case tame:
			text = tamed(text)
		}
		out.WriteString(text + "\n")
	}
	return out.Flush()
}

// tamed is harmless that leaves what makes up characters, as emoji are.
func tamed(text string) string {
	const joiner, selector = "\u200d", "\ufe0f"
	if !strings.Contains(text, joiner) && !strings.Contains(text, selector) {
		return harmless(text)
	}
	parts := strings.Split(text, joiner)
	for i, part := range parts {
		pieces := strings.Split(part, selector)
		for k, piece := range pieces {
			pieces[k] = harmless(piece)
		}
		parts[i] = strings.Join(pieces, selector)
	}
	return strings.Join(parts, joiner)
}

// styled is a row with its styles, which ends in the default one.
func styled(runs []exec.Run) string {
	var b strings.Builder
	plain := true
	for _, r := range runs {
		sgr := sgr(r)
		if sgr != "" || !plain {
			b.WriteString("\x1b[0" + sgr + "m")
		}
		plain = sgr == ""
		if r.Link != "" {
			b.WriteString("\x1b]8;;" + strings.Trim(strconv.QuoteToASCII(r.Link), `"`) + "\x1b\\")
		}
		b.WriteString(tamed(r.Text))
		if r.Link != "" {
			b.WriteString("\x1b]8;;\x1b\\")
		}
	}
	if !plain {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// sgr is the parameters of a run's style, each with a semicolon before it.
func sgr(r exec.Run) string {
	var b strings.Builder
	for _, p := range []struct {
		on   bool
		code string
	}{
		{r.Bold, "1"}, {r.Dim, "2"}, {r.Italic, "3"}, {r.Blink, "5"}, {r.Inverse, "7"}, {r.Hidden, "8"}, {r.Strike, "9"}, {r.Overline, "53"},
		{r.Underline == "single", "4"}, {r.Underline == "double", "4:2"}, {r.Underline == "curly", "4:3"},
		{r.Underline == "dotted", "4:4"}, {r.Underline == "dashed", "4:5"},
	} {
		if p.on {
			b.WriteString(";" + p.code)
		}
	}
	b.WriteString(sgrColor(r.FG, 30) + sgrColor(r.BG, 40))
	if r.UnderlineColor != "" {
		b.WriteString(sgrColor(r.UnderlineColor, 50))
	}
	return b.String()
}

// sgrColor is the parameters of a colour: 30 for the foreground, 40 for the
// background, 50 for the underline, which has no short form.
func sgrColor(name string, base int) string {
	var r, g, blue int
	if n, err := fmt.Sscanf(name, "#%02x%02x%02x", &r, &g, &blue); n == 3 && err == nil {
		return fmt.Sprintf(";%d;2;%d;%d;%d", base+8, r, g, blue)
	}
	n, err := strconv.Atoi(name)
	switch {
	case err != nil:
		return ""
	case n < 8 && base < 50:
		return fmt.Sprintf(";%d", base+n)
	case n < 16 && base < 50:
		return fmt.Sprintf(";%d", base+60+n-8)
	}
	return fmt.Sprintf(";%d;5;%d", base+8, n)
}

// onlyCommand leaves of a screen with all its history the lines that the nth last
// command printed, as the shell's marks tell.
func onlyCommand(s *exec.Screen, n int) error {
	lines := append(s.History, s.Lines...)
	begin, end := -1, len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		output, over := false, false
		for _, mark := range lines[i].Marks {
			output = output || mark[0] == 'C'
			over = over || mark[0] == 'D' || mark[0] == 'A'
		}
		if output {
			if n--; n == 0 {
				begin = i
				break
			}
		}
		if over {
			end = i
		}
	}
	if begin < 0 {
		return withHint(errors.New("no such command is marked in what the session has shown"),
			"the shell must mark its prompts (OSC 133 or 633), and its lines still be kept")
	}
	s.History, s.Lines = []exec.ScreenLine{}, lines[begin:end]
	return nil
}
