package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/cast"
	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// castFlags are those of commands that write an asciicast.
type castFlags struct {
	File      string
	Force     bool
	Format    choiceFlag
	IdleLimit time.Duration
	Title     string
}

func (o *castFlags) addTo(cmd *cobra.Command) {
	o.Format = choiceFlag{what: "version", value: "v3", choices: []string{"v3", "v2"}}
	f := cmd.Flags()
	f.StringVarP(&o.File, "output", "o", "", "the `FILE` to write; - is stdout")
	f.BoolVarP(&o.Force, "force", "f", false, "write over a file that exists")
	f.Var(&o.Format, "format", "of asciicast: v3 or v2")
	f.DurationVar(&o.IdleLimit, "idle-limit", 0, "have players shorten longer pauses to this `time`")
	f.StringVar(&o.Title, "title", "", "the recording's title (default: the session's name)")
}

func (o *castFlags) check() error {
	switch {
	case o.File == "":
		return withHint(usagef("where to is missing"), "such as -o demo.cast")
	case o.IdleLimit < 0:
		return usagef("bad value %q of --idle-limit", o.IdleLimit)
	}
	return nil
}

// open makes the file. Others cannot read it: it may show what they are not to see.
func (o *castFlags) open(a *app) (*os.File, error) {
	if o.File == "-" {
		return a.out, nil
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if o.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(o.File, flags, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, withHint(fmt.Errorf("%s exists", o.File), "-f writes over it")
	}
	return file, err
}

// casting is an asciicast that is being written of a session.
type casting struct {
	session *exec.Session
	secrets *mask.Mask
	to      *os.File
	out     *cast.Writer
	shown   *mask.Output[cast.Event] // has all events go to out, without secrets
	live    bool                     // pieces come as they are printed
	begun   time.Time
	last    time.Duration
	next    int64 // offset behind what is written
	marks   markFinder
}

// castError is a failure to write, which ends a recording and not what is recorded.
type castError struct{ error }

func (e castError) Unwrap() error { return e.error }

// begin writes the header and what the session showed.
func (r *casting) begin(o *castFlags, first exec.LogPiece) error {
	r.begun = r.printed(first.Time)
	h := cast.Header{
		Size: cast.Size(*first.Size), Begun: r.begun, Title: o.Title, IdleLimit: o.IdleLimit,
		Command: r.secrets.Hide(strings.Join(r.session.Command, " ")),
	}
	if o.Format.value == "v2" {
		h.Version = cast.V2
	}
	if h.Title == "" {
		h.Title = r.session.Name
	}
	var err error
	if r.out, err = cast.NewWriter(r.to, h); err != nil {
		return castError{err}
	}
	r.shown = mask.NewOutput(r.secrets, h.Size.Cols, r.give)
	r.next = first.Offset
	if first.Offset > 0 { // else it is an empty screen
		err = r.print(0, first.Screen)
	}
	return wrapCast(err)
}

// give writes an event that has no secrets any more.
func (r *casting) give(e cast.Event, data []byte) error {
	if e.Code == cast.Output {
		return r.out.Output(e.At, data)
	}
	return r.out.Event(e)
}

func (r *casting) print(at time.Duration, data []byte) error {
	return wrapCast(r.shown.Add(cast.Event{At: at, Code: cast.Output}, data))
}

func wrapCast(err error) error {
	if err != nil {
		return castError{err}
	}
	return nil
}

// momentEvery is how far behind the time of a piece that is told it may be printed.
const momentEvery = 100 * time.Millisecond

// printed is when something was printed that the session's log dates so. What comes
// live is known better than the log knows it.
func (r *casting) printed(t time.Time) time.Time {
	now := time.Now()
	late := now.Sub(t)
	switch {
	case t.IsZero() || r.live && late < momentEvery:
		return now
	case r.live && late < time.Second:
		return t.Add(momentEvery)
	}
	return t
}

// at is when a piece was printed, since the beginning. Time does not go back.
func (r *casting) at(p exec.LogPiece) time.Duration {
	if r.live || !p.Time.IsZero() {
		r.last = max(r.last, r.printed(p.Time).Sub(r.begun))
	}
	return r.last
}

// write writes a piece, behind a marker for each command that begins in it.
func (r *casting) write(p exec.LogPiece) error {
	at := r.at(p)
	if p.Size != nil {
		r.shown.Resize(p.Size.Cols)
		if err := r.shown.Add(cast.Event{At: at, Code: cast.Resize, Data: cast.Size(*p.Size).String()}, nil); err != nil {
			return castError{err}
		}
	}
	if len(p.Data) == 0 {
		return nil
	}
	for _, line := range r.marks.commands(p.Data) {
		if err := r.mark(at, line); err != nil {
			return err
		}
	}
	r.next = p.Offset + int64(len(p.Data))
	return r.print(at, p.Data)
}

func (r *casting) mark(at time.Duration, label string) error {
	return wrapCast(r.shown.Add(cast.Event{At: at, Code: cast.Marker, Data: r.secrets.Hide(label)}, nil))
}

// writeAll writes what a reader has, which it closes.
func (r *casting) writeAll(o *castFlags, logs *exec.Logs) error {
	defer logs.Close()
	for {
		p, err := logs.NextPiece()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case p.Screen == nil && p.Size == nil:
			err = r.write(p)
		case r.out == nil:
			err = r.begin(o, p)
		case p.Screen != nil && p.Offset == r.next: // it goes on where it was
		case p.Screen != nil:
			if err = r.write(p); err == nil {
				r.next = p.Offset
				err = r.print(r.last, p.Screen)
			}
		default:
			err = r.write(p)
		}
		if err != nil {
			return err
		}
	}
}

// end writes how the program ended, if it did, and closes the file.
func (r *casting) end(s *exec.Session) error {
	if r.out == nil {
		return r.close()
	}
	err := r.shown.Flush()
	if err == nil {
		err = r.out.Close()
	}
	if err == nil && s != nil && s.Exit != nil {
		code := s.Exit.Code
		if s.Exit.Signal != "" && code == 0 {
			code = codeFailed
		}
		err = r.out.Event(cast.Event{At: r.last, Code: cast.Exit, Data: fmt.Sprint(code)})
	}
	return wrapCast(errors.Join(err, r.close()))
}

func (r *casting) close() error {
	if r.to == os.Stdout {
		return nil
	}
	return r.to.Close()
}

type exportOptions struct {
	castFlags
	Since, Until momentFlag
}

func newExportCommand(a *app) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "export NAME -o FILE",
		Short: "Write what a session showed to an asciicast",
		Long: `Write what is kept of what a session printed, also of an ended one, to a file
that xsh play, asciinema and others play: with its times, its changes of size
and a marker for each command, if the shell marks them (OSC 133 or 633).
xsh record does so from now on.

` + momentHelp + `
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh export build -o build.cast
  xsh export build -o crash.cast --since -10m --idle-limit 2s`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runExport(cmd.Context(), a, o, list[0]) },
	}
	o.addTo(cmd)
	cmd.Flags().Var(&o.Since, "since", "begin with what was printed since this `MOMENT`")
	cmd.Flags().Var(&o.Until, "until", "end with what was printed by this `MOMENT`")
	return cmd
}

func runExport(ctx context.Context, a *app, o *exportOptions, name string) error {
	if err := o.check(); err != nil {
		return err
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		s, err := c.GetSession(request(ctx), name)
		if err != nil {
			return err
		}
		logs, err := c.Logs(ctx, s.ID, exec.LogsOptions{
			Drawn: true, From: o.Since.offset, FromTime: o.Since.time, Until: o.Until.offset, UntilTime: o.Until.time,
		})
		if err != nil {
			return err
		}
		r := &casting{session: s, secrets: secrets}
		if r.to, err = o.open(a); err != nil {
			logs.Close()
			return err
		}
		if err := r.writeAll(&o.castFlags, logs); err != nil {
			r.close()
			return err
		}
		if o.Until.given() {
			s = nil // how it ended comes behind that
		}
		return r.end(s)
	})
}
