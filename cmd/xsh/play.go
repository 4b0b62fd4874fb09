package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/cast"
	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/timeline"
	"github.com/xsh-project/xsh/internal/vt"
)

type playOptions struct {
	Speed     float64
	IdleLimit time.Duration
	Paused    bool
}

func newPlayCommand(a *app) *cobra.Command {
	o := &playOptions{}
	cmd := &cobra.Command{
		Use:   "play FILE",
		Short: "Play an asciicast",
		Long: `Play a recording that xsh record, xsh export or asciinema made: an asciicast,
version 2 or 3. It is shown in the terminal's own size, whatever size it was
made in.

Keys:
` + viewerKeys + localCodesHelp,
		Example: `  xsh play demo.cast
  xsh play demo.cast --speed 2 --idle-limit 1s`,
		Args: args(cobra.ExactArgs(1), "one FILE"),
		RunE: func(cmd *cobra.Command, list []string) error { return runPlay(cmd.Context(), a, o, list[0]) },
	}
	f := cmd.Flags()
	f.Float64Var(&o.Speed, "speed", 1, "play `N` times as fast")
	f.DurationVar(&o.IdleLimit, "idle-limit", 0, "shorten longer pauses to this `time` (default: what the recording says)")
	f.BoolVar(&o.Paused, "paused", false, "do not begin to play")
	return cmd
}

func runPlay(ctx context.Context, a *app, o *playOptions, name string) error {
	if o.Speed <= 0 || o.Speed > 1000 {
		return withHint(usagef("bad value %q of --speed", fmt.Sprint(o.Speed)), "want a number above 0, such as 2 or 0.5")
	}
	secrets, err := a.mask()
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	tl, h, err := loadCast(file, secrets)
	cut := errors.Is(err, cast.ErrCut)
	if err != nil && !cut {
		return fmt.Errorf("%s: %w", name, err)
	}
	if cut { // what came before is whole
		err = fmt.Errorf("%s: %w: all before that is played", name, err)
	}
	if noTerminal := rawtty.Check(a.in, a.out); noTerminal != nil {
		return noTerminal
	}
	v := &viewer{title: name, tl: tl, begun: castBegun(h), speed: o.Speed, idle: o.IdleLimit}
	if h.Title != "" {
		v.title = secrets.Hide(h.Title)
	}
	if v.idle == 0 {
		v.idle = h.IdleLimit
	}
	if !o.Paused {
		v.start()
	}
	return errors.Join(v.run(ctx, a, nil), err)
}

// castBegun is when a recording began, or some time in its place.
func castBegun(h cast.Header) time.Time {
	if h.Begun.IsZero() {
		return time.Unix(0, 0)
	}
	return h.Begun
}

// mostPlayed bounds what of a recording is held: the output of one that has more.
const mostPlayed = 512 << 20

// loadCast reads a recording, without secrets. With cast.ErrCut the timeline has what
// came before.
func loadCast(from io.Reader, secrets *mask.Mask) (*timeline.Timeline, cast.Header, error) {
	r, err := cast.NewReader(from)
	if err != nil {
		return nil, cast.Header{}, err
	}
	tl := timeline.New(vt.Size(r.Header.Size), nil)
	tl.Most = mostPlayed
	begun := castBegun(r.Header)
	shown := mask.NewOutput(secrets, r.Header.Size.Cols, func(p timeline.Piece, data []byte) error {
		p.Data = data
		if tl.Add(p) > 0 {
			return fmt.Errorf("it has more than %d MB of output", mostPlayed>>20)
		}
		return nil
	})
	for {
		e, err := r.Next()
		if err != nil {
			if failed := shown.Flush(); failed != nil {
				return nil, r.Header, failed
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return tl, r.Header, err
		}
		p := timeline.Piece{At: begun.Add(e.At)}
		var data []byte
		switch e.Code {
		case cast.Output:
			data = []byte(e.Data)
		case cast.Resize:
			size, err := cast.ParseSize(e.Data)
			if err != nil {
				return tl, r.Header, err
			}
			p.Size = new(vt.Size(size))
			shown.Resize(size.Cols)
		case cast.Marker:
			p.Marker = "marker"
			if e.Data != "" {
				p.Marker = secrets.Hide(e.Data)
			}
		default:
			continue
		}
		if err := shown.Add(p, data); err != nil {
			return nil, r.Header, err
		}
	}
}
