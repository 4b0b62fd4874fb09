package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
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

	term     *rawtty.Terminal
	size     rawtty.Size
	renderer *vt.Renderer
	keys     termin.Tokenizer
	dirty    bool
	out      []byte // that the terminal has not taken yet
}

// run shows the timeline until the user leaves, ctx ends, or the terminal goes away.
// feed, which may be nil, runs beside it and is to call wake when there is more.
func (v *viewer) run(ctx context.Context, a *app, feed func(ctx context.Context, wake func())) error {
	term, err := rawtty.Open(a.in, a.out)
	if err != nil {
		return err
	}
	defer term.Close()
	waker, err := rawtty.NewWaker()
	if err != nil {
		return err
	}
	defer waker.Close()
	a.catchSignals()
	ctx, cancel := context.WithCancel(ctx)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		if feed != nil {
			feed(ctx, waker.Wake)
		}
		<-ctx.Done()
		waker.Wake()
	}()
	defer func() { // nobody wakes a waker that is closed
		cancel()
		<-fed
	}()
	signals := rawtty.WatchSignals(waker, syscall.SIGWINCH, syscall.SIGCONT)
	defer signals.Stop()
	if err := term.MakeRaw(); err != nil {
		return err
	}
	v.term = term
	v.resize()
	defer v.leave()
	return v.loop(ctx, waker, signals)
}

func (v *viewer) loop(ctx context.Context, waker *rawtty.Waker, signals *rawtty.Signals) error {
	for {
		v.takeLive()
		v.play(time.Now())
		if v.dirty && len(v.out) == 0 {
			v.draw()
		}
		if ctx.Err() != nil || v.quit {
			return nil
		}
		fds := []rawtty.Ready{
			{FD: v.term.InFD(), Read: true},
			{FD: waker.FD(), Read: true},
			{FD: v.term.OutFD(), Write: len(v.out) > 0},
		}
		if err := rawtty.Wait(fds, v.patience(time.Now())); err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		waker.Clear()
		got := signals.Take()
		if got.Has(syscall.SIGCONT) { // somebody else had the terminal
			if err := v.term.MakeRaw(); err != nil {
				return err
			}
		}
		if got.Has(syscall.SIGCONT, syscall.SIGWINCH) {
			v.resize()
		}
		if fds[2].CanWrite {
			if err := v.flush(); err != nil {
				return nil // the terminal has gone
			}
		}
		if !v.read(ctx, fds[0].CanRead) {
			return nil
		}
	}
}

// escapePause is how long an escape may be the beginning of a key.
const escapePause = 30 * time.Millisecond

// patience is how long there is to wait for nothing but what Wait looks at.
func (v *viewer) patience(now time.Time) time.Duration {
	wait := time.Duration(-1)
	if v.playing && v.i < v.tl.Len() {
		wait = max(0, v.due.Sub(now))
	}
	if len(v.live) > 0 { // there was more than is taken at once
		return 0
	}
	if v.keys.Held() != termin.HoldNone && (wait < 0 || wait > escapePause) {
		wait = escapePause
	}
	return wait
}

// read takes what was typed, and reports whether the terminal is still there.
func (v *viewer) read(ctx context.Context, ready bool) bool {
	var tokens []termin.Token
	buf := make([]byte, 1024)
	n := 0
	if ready {
		var err error
		if n, err = v.term.Read(buf); err != nil {
			return false
		}
	}
	if n > 0 {
		tokens = v.keys.Scan(nil, buf[:n])
	} else if v.keys.Held() != termin.HoldNone {
		tokens = v.keys.Flush(nil)
	}
	for _, t := range tokens {
		v.typed(ctx, t)
	}
	return true
}

func (v *viewer) flush() error {
	for len(v.out) > 0 {
		n, err := v.term.Write(v.out)
		if err != nil {
			return err
		}
		if v.out = v.out[n:]; n == 0 {
			return nil
		}
	}
	v.out = nil
	return nil
}

// putBackWait bounds how long a terminal that takes nothing is waited for in the end.
const putBackWait = time.Second

// leave brings the terminal back to what it showed.
func (v *viewer) leave() {
	v.out = append(v.out, v.renderer.AppendLeave(nil)...)
	for until := time.Now().Add(putBackWait); len(v.out) > 0 && time.Now().Before(until); {
		if v.flush() != nil {
			return
		}
		fds := []rawtty.Ready{{FD: v.term.OutFD(), Write: true}}
		rawtty.Wait(fds, putBackWait/10)
	}
}

// resize begins anew in the terminal's size.
func (v *viewer) resize() {
	size, err := v.term.Size()
	if err != nil || size.Rows < 2 || size.Cols < 1 {
		size = rawtty.Size{Rows: 24, Cols: 80}
	}
	v.size = size
	frame := vt.Size{Rows: size.Rows - 1, Cols: size.Cols}
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
