package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type logsOptions struct {
	Follow       bool
	Lines        int
	Since, Until momentFlag
	Times, Raw   bool
}

// AddFlags adds the command's flags.
func (o *logsOptions) AddFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on until the session ends")
	f.IntVarP(&o.Lines, "lines", "n", -1, "begin with the last `N` lines")
	f.Var(&o.Since, "since", "begin with what was printed since this `MOMENT`")
	f.Var(&o.Until, "until", "end with what was printed by this `MOMENT`")
	f.BoolVarP(&o.Times, "times", "t", false, "before each line, when it was printed")
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

` + momentHelp + `
Times are known to a tenth of a second; of output that is kept for long, to a
few seconds. With --since, output that is not kept any more is an error, which
tells the offsets that are missing.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh logs build
  xsh logs build -f -n 20
  xsh logs build -t --since -5m
  xsh logs build --raw > build.typescript`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runLogs(cmd.Context(), a, o, list[0]) },
	}
	o.AddFlags(cmd)
	return cmd
}

// check refuses what has no meaning.
func (o *logsOptions) check() error {
	switch {
	case o.Lines >= 0 && o.Since.given():
		return usagef("-n does not go with --since")
	case o.Follow && o.Until.given():
		return usagef("-f does not go with --until")
	case o.Raw && o.Times:
		return usagef("-t does not go with --raw")
	}
	return nil
}

func runLogs(ctx context.Context, a *app, o *logsOptions, name string) error {
	if err := o.check(); err != nil {
		return err
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	if o.Follow {
		a.catchSignals()
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		out := newLogPrinter(a.out, secrets, o.Raw, o.Times)
		ask := exec.LogsOptions{
			Follow: o.Follow, From: o.Since.offset, FromTime: o.Since.time,
			Until: o.Until.offset, UntilTime: o.Until.time, Times: o.Times,
		}
		if o.Lines >= 0 {
			next, err := printLast(ctx, c, name, o, ask, a.out, out)
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
		err = out.printAll(logs)
		if ctx.Err() != nil {
			return nil // interrupted: that is how following ends
		}
		return errors.Join(err, out.Close())
	})
}

// printLast prints the last lines of what there is, and returns the offset behind
// it. A last line without an end is left to out if more is to come.
func printLast(
	ctx context.Context, c *client.Client, name string, o *logsOptions, ask exec.LogsOptions, to io.Writer, out *logPrinter,
) (next int64, err error) {
	ask.Follow = false
	logs, err := c.Logs(ctx, name, ask)
	if err != nil {
		return 0, err
	}
	defer logs.Close()
	var text bytes.Buffer
	out.to = &text
	next = logs.Begin()
	for {
		piece, err := logs.NextPiece()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		next = piece.Offset + int64(len(piece.Data))
		out.print(piece) // to memory, which takes it
	}
	lines := o.Lines
	switch {
	case o.Follow && out.open && !o.Raw:
		lines = max(0, lines-1)
	case !o.Follow:
		out.Close()
	}
	out.to = to
	_, err = to.Write(lastOf(text.Bytes(), lines))
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
