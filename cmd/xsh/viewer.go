package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/timeline"
	"github.com/xsh-project/xsh/internal/vt"
)

// viewer shows a timeline on the whole of the user's terminal, a moment at a time.
// The last row tells which. It owns the terminal from run's beginning to its end,
// whatever ends it, and leaves it as it found it.
type viewer struct {
	title string
	tl    *timeline.Timeline
	live  <-chan timeline.Piece // what comes yet; nil if nothing does
	begun time.Time             // times are told since then; zero: as those of the day
	idle  time.Duration         // a longer pause is played as if it were this long; 0 none is

	i       int // the moment that is shown
	playing bool
	speed   float64
	due     time.Time // when the next moment is to be shown, while playing

	typing bool // what to search for
	input  string
	search *regexp.Regexp
	said   string // for the last row, until the next key
	help   bool
	quit   bool

	*fullScreen
	renderer *vt.Renderer
	dirty    bool
}

// run shows the timeline until the user leaves, ctx ends, or the terminal goes away.
// feed, which may be nil, runs beside it and is to call wake when there is more.
func (v *viewer) run(ctx context.Context, a *app, feed func(ctx context.Context, wake func())) error {
	term, err := rawtty.Open(a.in, a.out)
	if err != nil {
		return err
	}
	screen, err := newFullScreen(a, term, 2)
	if err != nil {
		return err
	}
	defer screen.close()
	v.fullScreen = screen
	ctx, cancel := context.WithCancel(ctx)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		if feed != nil {
			feed(ctx, v.waker.Wake)
		}
		<-ctx.Done()
		v.waker.Wake()
	}()
	defer func() { // nobody wakes a waker that is closed
		cancel()
		<-fed
	}()
	if err := v.begin(); err != nil {
		return err
	}
	v.resize()
	defer func() { v.leave(string(v.renderer.AppendLeave(nil))) }()
	return v.loop(ctx)
}

func (v *viewer) loop(ctx context.Context) error {
	for {
		v.takeLive()
		v.play(time.Now())
		if v.dirty && len(v.out) == 0 {
			v.draw()
		}
		if ctx.Err() != nil || v.quit {
			return nil
		}
		news, err := v.wait(v.patience(time.Now()))
		if err != nil || news.gone {
			return err
		}
		if news.resized {
			v.resize()
		}
		for _, t := range news.typed {
			v.typed(ctx, t)
		}
	}
}

// patience is how long there is to wait for nothing but what wait looks at.
func (v *viewer) patience(now time.Time) time.Duration {
	switch {
	case len(v.live) > 0: // there was more than is taken at once
		return 0
	case v.playing && v.i < v.tl.Len():
		return max(0, v.due.Sub(now))
	}
	return -1
}

// resize begins anew in the terminal's size.
func (v *viewer) resize() {
	frame := vt.Size{Rows: v.size.Rows - 1, Cols: v.size.Cols}
	if v.renderer == nil {
		v.renderer = vt.NewRenderer(frame, vt.FrameCaps{Picture: true})
	} else {
		v.renderer.Resize(frame)
	}
	v.dirty = true
}

// takenAtOnce bounds how many pieces are added before the user has a turn: a flood has
// no end.
const takenAtOnce = 64

// takeLive adds what has come. Who looks at the end stays there.
func (v *viewer) takeLive() {
	for range takenAtOnce {
		select {
		case p, more := <-v.live:
			if !more {
				v.live, v.said, v.dirty = nil, "no more comes", true
				return
			}
			atEnd := v.i == v.tl.Len()
			v.i = max(0, v.i-v.tl.Add(p))
			if atEnd {
				v.i = v.tl.Len()
			}
			v.dirty = true
		default:
			return
		}
	}
}

// play goes on to the moments that are due.
func (v *viewer) play(now time.Time) {
	for v.playing && v.i < v.tl.Len() && !now.Before(v.due) {
		v.i++
		v.dirty = true
		v.due = v.due.Add(v.pause())
	}
	if v.playing && v.i == v.tl.Len() && v.live == nil {
		v.playing, v.dirty = false, true
	}
}

// pause is how long the moment that is shown is played.
func (v *viewer) pause() time.Duration {
	if v.i == 0 || v.i == v.tl.Len() {
		return 0
	}
	d := v.tl.Piece(v.i + 1).At.Sub(v.tl.Piece(v.i).At)
	if v.idle > 0 {
		d = min(d, v.idle)
	}
	return time.Duration(float64(d) / v.speed)
}

// start plays from the moment that is shown.
func (v *viewer) start() {
	v.playing, v.due = true, time.Now().Add(v.pause())
}

// draw draws the moment and the last row.
func (v *viewer) draw() {
	v.dirty = false
	snap := v.tl.Show(v.i)
	if v.help {
		page := vt.New(vt.Size{Rows: v.size.Rows - 1, Cols: v.size.Cols}, vt.Config{})
		page.Write([]byte("\x1b[?25l" + strings.ReplaceAll(strings.TrimSuffix(viewerKeys, "\n"), "\n", "\r\n")))
		snap = page.Snapshot()
	}
	v.out = v.renderer.AppendFrame(v.out, snap)
	v.out = fmt.Appendf(v.out, "\x1b7\x1b[%d;1H\x1b[0;7m%s\x1b[m\x1b8", v.size.Rows, v.lastRow())
}

// lastRow is the text of the last row, as wide as the terminal: what matters most
// stands first.
func (v *viewer) lastRow() string {
	text := fmt.Sprintf(" %s  %s  %d/%d", v.when(), v.state(), v.i, v.tl.Len())
	switch {
	case v.typing:
		text = "/" + v.input + "_"
	case v.said != "":
		text = " " + v.said + "  " + text
	default:
		text += "  ? keys  " + v.title
	}
	row := []rune(harmless(text))
	if len(row) > v.size.Cols {
		row = row[:v.size.Cols]
	}
	return string(row) + strings.Repeat(" ", v.size.Cols-len(row))
}

func (v *viewer) state() string {
	switch {
	case v.playing:
		return fmt.Sprintf("%gx", v.speed)
	case v.i == v.tl.Len() && v.live != nil:
		return "now"
	case v.i == v.tl.Len():
		return "end"
	}
	return "paused"
}

// when is the time of the moment that is shown.
func (v *viewer) when() string {
	if v.i == 0 {
		return "beginning"
	}
	at := v.tl.Piece(v.i).At
	switch {
	case at.IsZero():
		return "at some time"
	case !v.begun.IsZero():
		return at.Sub(v.begun).Round(time.Second / 10).String()
	case time.Since(at) > 24*time.Hour:
		return at.Local().Format("2006-01-02 15:04:05")
	}
	return fmt.Sprintf("%s -%s", at.Local().Format("15:04:05"), time.Since(at).Round(time.Second))
}
