package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type logsOptions struct {
	Follow bool
	Lines  int
	Since  int64
	Raw    bool
}

// AddFlags adds the command's flags.
func (o *logsOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on until the session ends")
	f.IntVarP(&o.Lines, "lines", "n", -1, "begin with the last `N` lines")
	f.Int64Var(&o.Since, "since", -1, "begin at this `OFFSET` of the output")
	f.BoolVar(&o.Raw, "raw", false, "as the program printed it, with its control sequences")
}

func newLogsCommand(a *app) *cobra.Command {
	o := &logsOptions{}
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print what a session printed",
		Long: `Print what the program of a session, also of an ended one, has printed: as much
as the setting buffer_bytes has kept. It is plain text, a line behind the other;
what a program draws on the whole screen xsh capture shows. --raw gives the
bytes as they were printed, which on a terminal act on it.

With --since, output that is not kept any more is an error, which tells the
offsets that are missing.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh logs build
  xsh logs build -f -n 20
  xsh logs build --raw > build.typescript`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runLogs(cmd.Context(), a, o, list[0]) },
	}
	o.AddFlags(cmd)
	return cmd
}

func runLogs(ctx context.Context, a *app, o *logsOptions, name string) error {
	if o.Lines >= 0 && o.Since >= 0 {
		return usagef("-n does not go with --since")
	}
	if o.Follow {
		a.catchSignals()
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		out := newLogPrinter(a.out, o.Raw)
		ask := exec.LogsOptions{Follow: o.Follow}
		if o.Since >= 0 {
			ask.From = &o.Since
		}
		if o.Lines >= 0 {
			next, err := printLast(ctx, c, name, o, a.out, out)
			if err != nil || !o.Follow {
				return errors.Join(err, out.Close())
			}
			ask.From = &next
		}
		logs, err := c.Logs(ctx, name, ask)
		if err != nil {
			return err
		}
		defer logs.Close()
		_, err = io.Copy(out, logs)
		if ctx.Err() != nil {
			return nil // interrupted: that is how following ends
		}
		return errors.Join(err, out.Close())
	})
}

// newLogPrinter returns what prints a log.
func newLogPrinter(w io.Writer, raw bool) io.WriteCloser {
	if raw {
		return nopCloser{w}
	}
	return exec.PlainText(tame{w})
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// tame writes lines of text that act on no terminal.
type tame struct{ w io.Writer }

// Write implements io.Writer; it is given whole lines.
func (t tame) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i, line := range lines {
		parts := strings.Split(line, "\t")
		for k := range parts {
			parts[k] = tamed(parts[k])
		}
		lines[i] = strings.Join(parts, "\t")
	}
	if _, err := io.WriteString(t.w, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// printLast prints the last lines of what there is, and returns the offset behind
// it.
func printLast(ctx context.Context, c *client.Client, name string, o *logsOptions, to *os.File, out io.WriteCloser) (int64, error) {
	logs, err := c.Logs(ctx, name, exec.LogsOptions{})
	if err != nil {
		return 0, err
	}
	defer logs.Close()
	data, err := io.ReadAll(logs)
	if err != nil {
		return 0, err
	}
	next := logs.Begin() + int64(len(data))
	if o.Raw {
		_, err = to.Write(lastOf(data, o.Lines))
		return next, err
	}
	var text bytes.Buffer
	plain := exec.PlainText(&text)
	plain.Write(data)
	whole := len(data) == 0 || data[len(data)-1] == '\n'
	if o.Follow && !whole { // its end is to come, and is printed with it
		end := bytes.LastIndexByte(data, '\n') + 1
		if _, err := (tame{to}).Write(lastOf(text.Bytes(), max(0, o.Lines-1))); err != nil {
			return 0, err
		}
		_, err = out.Write(data[end:])
		return next, err
	}
	plain.Close()
	_, err = tame{to}.Write(lastOf(text.Bytes(), o.Lines))
	return next, err
}

// lastOf is the last lines of text.
func lastOf(text []byte, lines int) []byte {
	i := len(text)
	if i > 0 && text[i-1] == '\n' {
		i--
	}
	for ; lines > 0 && i > 0; lines-- {
		i = bytes.LastIndexByte(text[:i], '\n')
		if i < 0 {
			return text
		}
	}
	if lines > 0 {
		return text
	}
	if i == len(text) || text[i] != '\n' {
		return nil
	}
	return text[i+1:]
}
