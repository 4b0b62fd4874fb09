package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/timeline"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newRewindCommand(a *app) *cobra.Command {
	var at momentFlag
	cmd := &cobra.Command{
		Use:   "rewind NAME",
		Short: "Look at what a session showed at any moment",
		Long: `Show what a session, also an ended one, showed at any moment that is kept, and
step through it by output, by command (if the shell marks them, OSC 133 or 633)
or to where a text came up. The session goes on meanwhile, and nothing that is
typed reaches it. What is kept is what the setting buffer_bytes has room for.

Keys:
` + viewerKeys + `
` + momentHelp + `
` + refsHelp + `
` + localCodesHelp,
		Example: `  xsh rewind build
  xsh rewind build --at -5m`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runRewind(cmd.Context(), a, at, list[0]) },
	}
	cmd.Flags().Var(&at, "at", "begin at this `MOMENT` (default: now)")
	return cmd
}

func runRewind(ctx context.Context, a *app, at momentFlag, name string) error {
	if err := rawtty.Check(a.in, a.out); err != nil {
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
		tl, next, err := held(ctx, c, s.ID, secrets, exec.LogsOptions{Drawn: true, Whole: true})
		for try := 1; tookAway(err) && try <= heldTries; try++ {
			tl, next, err = held(ctx, c, s.ID, secrets, exec.LogsOptions{Drawn: true, Whole: try < heldTries, FromEnd: try == heldTries})
		}
		if err != nil {
			return err
		}
		v := &viewer{title: s.Name, tl: tl, i: tl.Len(), speed: 1, idle: 2 * time.Second}
		if at.given() {
			if v.i, err = momentOf(tl, at); err != nil {
				return err
			}
		}
		if s.Exit != nil {
			return v.run(ctx, a, nil)
		}
		live := make(chan timeline.Piece, 64)
		v.live = live
		return v.run(ctx, a, func(ctx context.Context, wake func()) {
			defer close(live)
			follow(ctx, c, s.ID, secrets, next, func(p timeline.Piece) {
				select {
				case live <- p:
				default: // the viewer is behind: it is woken before each wait
					wake()
					select {
					case live <- p:
					case <-ctx.Done():
					}
				}
				wake()
			})
		})
	})
}

// heldTries is how often what is held is asked for, while it makes way for what
// comes; the viewer then begins at what is shown now.
const heldTries = 5

// tookAway tells whether an error may be that output made way for what came.
func tookAway(err error) bool {
	var lost *exec.LostError
	return errors.As(err, &lost) || errors.Is(err, exec.ErrTerminalError)
}

// held returns what is kept of a session, as far as is asked for, without secrets, and
// the offset behind it.
func held(ctx context.Context, c *client.Client, id string, secrets *mask.Mask, ask exec.LogsOptions) (*timeline.Timeline, int64, error) {
	logs, err := c.Logs(ctx, id, ask)
	if err != nil {
		return nil, 0, err
	}
	defer logs.Close()
	first, err := logs.NextPiece()
	if err != nil {
		return nil, 0, err
	}
	var tl *timeline.Timeline
	shown := mask.NewOutput(secrets, first.Size.Cols, func(p timeline.Piece, data []byte) error {
		if tl == nil {
			tl = timeline.New(vt.Size(*first.Size), data)
			return nil
		}
		p.Data = data
		tl.Add(p)
		return nil
	})
	shown.Add(timeline.Piece{}, first.Screen)
	next := first.Offset
	for {
		p, err := logs.NextPiece()
		if errors.Is(err, io.EOF) {
			shown.Flush()
			return tl, next, nil
		}
		if err != nil {
			return nil, 0, err
		}
		show(shown, p)
		next = p.Offset + int64(len(p.Data))
	}
}

// show adds a piece of a log to what is shown, whose errors are those of whoever is
// given it.
func show(shown *mask.Output[timeline.Piece], p exec.LogPiece) {
	piece := timeline.Piece{At: p.Time, Offset: p.Offset}
	if p.Size != nil {
		piece.Size = new(vt.Size(*p.Size))
		shown.Resize(p.Size.Cols)
	}
	shown.Add(piece, p.Data)
}

// follow hands over what is printed from an offset on, without secrets, until the session
// or ctx ends, or the server leaves. Where some was gone before it was read, the screen
// comes in its place.
func follow(ctx context.Context, c *client.Client, id string, secrets *mask.Mask, next int64, take func(timeline.Piece)) {
	ask := exec.LogsOptions{From: &next, Drawn: true, Follow: true}
	shown := mask.NewOutput(secrets, 0, func(p timeline.Piece, data []byte) error {
		p.Data = data
		take(p)
		return nil
	})
	defer shown.Flush()
	for {
		logs, err := c.Logs(ctx, id, ask)
		if err != nil {
			if ask.FromEnd || ctx.Err() != nil {
				return
			}
			ask.From, ask.FromEnd = nil, true
			continue
		}
		err = handOver(logs, ask.FromEnd, shown)
		logs.Close()
		if err == nil || ctx.Err() != nil {
			return
		}
		ask.From, ask.FromEnd = nil, true
	}
}

// handOver hands over what a reader has; the screen that it begins with only if that is
// not what all before made already.
func handOver(logs *exec.Logs, screen bool, shown *mask.Output[timeline.Piece]) error {
	for {
		p, err := logs.NextPiece()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case p.Screen == nil:
			show(shown, p)
		case screen:
			p.Data = p.Screen
			show(shown, p)
		}
	}
}

// momentOf is the moment of a timeline that is meant.
func momentOf(tl *timeline.Timeline, at momentFlag) (int, error) {
	if at.offset == nil {
		if tl.Len() > 0 && at.time.Before(tl.Begun()) {
			return 0, fmt.Errorf("nothing is held of %s; it begins at %s", momentText(at.time), momentText(tl.Begun()))
		}
		return tl.At(at.time), nil
	}
	i := 0
	for i < tl.Len() && tl.Piece(i+1).Offset < *at.offset {
		i++
	}
	if tl.Len() > 0 && *at.offset < tl.Piece(1).Offset {
		return 0, fmt.Errorf("nothing is held of offset %d; it begins at %d", *at.offset, tl.Piece(1).Offset)
	}
	return i, nil
}
