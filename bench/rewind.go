package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/timeline"
	"github.com/xsh-project/xsh/internal/vt"
)

// bufferBytes is what a session keeps of its output by default.
const bufferBytes = 1e6

// rewind looks at moments of a full buffer in no order, as xsh rewind does once it has
// the output, and asks a server for them, as xsh capture --at does.
func rewind(ctx context.Context, r *rig) error {
	for _, s := range []struct {
		name string
		data []byte
	}{{"full lines", fullLines()}, {"a coloured log", sgrStream()}} {
		tl := timeline.New(vt.Size{Rows: 24, Cols: 80}, nil)
		for at := 0; at < bufferBytes; { // as a program writes to a terminal
			n := min(4095, len(s.data)-at%len(s.data))
			tl.Add(timeline.Piece{At: time.Unix(0, int64(at)), Offset: int64(at), Data: s.data[at%len(s.data):][:n]})
			at += n
		}
		var times []float64
		for range r.times(300) {
			i := 1 + rand.IntN(tl.Len())
			var tries []float64
			for range 3 { // the least is the moment's time, and not the machine's
				tl.Show(0)
				start := time.Now()
				tl.Show(i)
				tries = append(tries, milliseconds(time.Since(start)))
			}
			times = append(times, slices.Min(tries))
		}
		r.sayOwn("rewind to any moment of 1 MB of "+s.name+", ms", slices.Max(times), atMost(30), "ms, median %.2f", median(times))
	}
	return r.captureAt(ctx)
}

// captureAt prints screens of the past, beside the screen that is shown.
func (r *rig) captureAt(ctx context.Context) error {
	const lines = 20000 // more than is kept
	const printed = lines * 71
	program, err := r.printText(lines)
	if err != nil {
		return err
	}
	peers := r.those(func(p *peer) bool { return p.name == xshName || p.name == baseName })
	now, past := samples{}, samples{}
	for _, p := range peers {
		if err := p.do(p.create("text", program...)...); err != nil {
			return err
		}
		if err := p.do(p.list()[0], "wait", "text", "--for", "text="+textEnd, "--timeout", "1m"); err != nil {
			return err
		}
	}
	capture := func(p *peer, args ...string) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			start := time.Now()
			err := p.do(append([]string{p.list()[0], "capture", "text"}, args...)...)
			return time.Since(start), err
		}
	}
	err = r.rounds(ctx, 60, peers, func(p *peer) error {
		if err := now.time(p, capture(p)); err != nil {
			return err
		}
		return past.time(p, capture(p, "--at", fmt.Sprint(printed-int(bufferBytes*0.8)+rand.IntN(bufferBytes*0.8))))
	})
	if err != nil {
		return err
	}
	v := past.quantile(0.95, 1e3)
	for name, least := range now.milli() {
		v[name] -= least
	}
	r.say("capture --at, above capture, 95 of 100, ms", v, atMost(30))
	return nil
}
