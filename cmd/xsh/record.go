package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type recordOptions struct {
	castFlags
	Since momentFlag
	Await bool // for the session to begin
}

func newRecordCommand(a *app) *cobra.Command {
	o := &recordOptions{}
	cmd := &cobra.Command{
		Use:   "record NAME -o FILE",
		Short: "Record what a session shows, from now on",
		Long: `Record what a session shows, until it ends or the command is interrupted, to an
asciicast: a file that xsh play, asciinema and others play. Whether somebody is
attached makes no difference, and a server that is replaced, or crashes, does
not end the recording. What the session showed when it began is in it, and
changes of size, and a marker for each command, if the shell marks them (OSC 133
or 633).

The program waits for the recording, for seconds at most, where that is slower.
A disk that is full ends the recording and not the session. xsh export writes
what was printed until now, and --since begins with that. What the setting mask
hides is not in either.

` + momentHelp + `
` + refsHelp + `

Exit codes: 0 the session ended or it was interrupted, 1 failure, 2 usage,
254 the server left.`,
		Example: `  xsh record build -o build.cast
  xsh record demo -o demo.cast --format v2 --idle-limit 2s
  xsh record build -o build.cast &`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runRecord(cmd.Context(), a, o, list[0]) },
	}
	o.addTo(cmd)
	f := cmd.Flags()
	f.Var(&o.Since, "since", "begin with what was printed since this `MOMENT`")
	f.BoolVar(&o.Await, "await", false, "wait for the session to begin")
	f.MarkHidden("await") // of xsh new --record, which knows its ID
	return cmd
}

func runRecord(ctx context.Context, a *app, o *recordOptions, name string) error {
	if err := o.check(); err != nil {
		return err
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	a.catchSignals()
	// A recorder holds next to nothing and throws away each piece of a flood: collected
	// as often as Go has it by default, that takes a third of its time, which the session
	// and its program have not where processors are few.
	debug.SetGCPercent(400)
	if o.Await {
		if err := a.awaitSession(ctx, name); err != nil {
			return err
		}
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		s, err := c.GetSession(request(ctx), name)
		if err != nil {
			return err
		}
		if s.Exit != nil && !o.Since.given() {
			return withHint(fmt.Errorf("session %q has ended", s.Name), "xsh export writes what is kept of it")
		}
		ask := recordFrom(o.Since.offset)
		if o.Since.given() {
			ask.FromTime, ask.FromEnd = o.Since.time, false
		}
		logs, err := c.Logs(ctx, s.ID, ask)
		if err != nil {
			return err
		}
		r := &casting{session: s, secrets: secrets, live: true}
		if r.to, err = o.open(a); err != nil {
			logs.Close()
			return err
		}
		return r.record(ctx, a, &o.castFlags, logs)
	})
}

// awaitSession waits until there is a session with an ID.
func (a *app) awaitSession(ctx context.Context, id string) error {
	return tryFor(ctx, againFor, func() (bool, error) {
		c, err := a.dial(ctx)
		if err != nil {
			return false, err
		}
		defer c.Close()
		_, err = c.GetSession(request(ctx), id)
		return err == nil, err
	})
}

// tryFor tries until it is done, for a time: what it waits for is not there to tell.
func tryFor(ctx context.Context, patience time.Duration, try func() (done bool, err error)) error {
	until := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		done, err := try()
		if done || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// recordFrom asks for what is printed from an offset on, or from now on.
func recordFrom(from *int64) exec.LogsOptions {
	return exec.LogsOptions{From: from, FromEnd: from == nil, Follow: true, Whole: true, Drawn: true}
}

// record writes until the session ends, from one server after the other.
func (r *casting) record(ctx context.Context, a *app, o *castFlags, logs *exec.Logs) error {
	for {
		err := r.writeAll(o, logs)
		var failed castError
		switch {
		case errors.As(err, &failed):
			r.close()
			return fmt.Errorf("the recording ends, the session %q goes on: %w", r.session.Name, failed.error)
		case ctx.Err() != nil:
			return r.done(a, o, nil)
		case err == nil:
			return r.done(a, o, r.ended(ctx, a))
		}
		if logs, err = r.again(ctx, a); ctx.Err() != nil {
			return r.done(a, o, nil)
		} else if err != nil {
			r.end(nil)
			return &codedError{codeLost, fmt.Errorf("the recording ends: %w", err)}
		}
	}
}

// done closes the file and says what is in it.
func (r *casting) done(a *app, o *castFlags, s *exec.Session) error {
	if err := r.end(s); err != nil {
		return err
	}
	if o.File != "-" {
		fmt.Fprintf(a.err, "xsh: recorded %s in %s\n", r.last.Round(time.Second/10), harmless(o.File))
	}
	return nil
}

// ended asks how the session ended; nil if that is not to be known.
func (r *casting) ended(ctx context.Context, a *app) *exec.Session {
	c, err := a.dial(ctx)
	if err != nil {
		return nil
	}
	defer c.Close()
	s, err := c.GetSession(request(ctx), r.session.ID)
	if err != nil {
		return nil
	}
	return s
}

// againFor is how long a server may take to come back.
const againFor = 15 * time.Second

// again reads on from the next server. Where that has not got all that comes next,
// a marker says so.
func (r *casting) again(ctx context.Context, a *app) (*exec.Logs, error) {
	var logs *exec.Logs
	err := tryFor(ctx, againFor, func() (done bool, err error) {
		logs, err = r.dialAgain(ctx, a)
		return err == nil || errors.Is(err, exec.ErrSessionNotFound), err
	})
	return logs, err
}

func (r *casting) dialAgain(ctx context.Context, a *app) (*exec.Logs, error) {
	c, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() }) // it is read from until the command ends
	if r.out == nil {                            // nothing was written yet
		return c.Logs(ctx, r.session.ID, recordFrom(nil))
	}
	logs, err := c.Logs(ctx, r.session.ID, recordFrom(&r.next))
	if !errors.Is(err, exec.ErrTerminalError) {
		return logs, err
	}
	lost := err
	if logs, err = c.Logs(ctx, r.session.ID, recordFrom(nil)); err != nil {
		return nil, err
	}
	fmt.Fprintf(a.err, "xsh: some output is not in the recording: %s\n", harmless(words(lost)))
	return logs, r.mark(r.last, "some output is missing here")
}
