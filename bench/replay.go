package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

const (
	historyLines = vt.DefaultScrollback
	maxHistory   = 2e6 // bytes
)

// replay measures what 10,000 full lines cost, in memory and in the time that
// a replay of them takes to make.
func replay(_ context.Context, r *rig) error {
	lines := fullLines()
	t := vt.New(vt.Size{Rows: 24, Cols: 80}, vt.Config{})
	empty := heap()
	t.Write(lines)
	full := heap() - empty
	runtime.KeepAlive(t)
	runtime.KeepAlive(lines)
	r.sayOwn("history of 10,000 full lines", float64(full)/1e6, atMost(maxHistory/1e6),
		"MB; %d bytes a line", full/historyLines)

	r.sayReplay("full lines", t)
	color := vt.New(vt.Size{Rows: 24, Cols: 80}, vt.Config{})
	color.Write(sgrStream())
	r.sayReplay("a coloured log", color)
	return nil
}

// fullLines is a history of lines that fill the terminal's width, and a screen.
func fullLines() []byte {
	var b []byte
	for i := range historyLines + 24 {
		line := fmt.Sprintf("%6d ", i)
		line += strings.Repeat(string(rune('a'+i%26))+" word of text. ", 5)
		b = append(b, line[:80]...)
		if i < historyLines+23 {
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// heap is the bytes in use on the heap.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// sayReplay measures how long a replay takes to make.
func (r *rig) sayReplay(what string, t *vt.Terminal) {
	all, best, n := r.replayTime(t, 0)
	r.sayOwn("replay of "+what, all, atMost(10),
		"ms, fastest %.2f, for %d lines, %.2f MB", best, t.Snapshot().HistoryLines(), float64(n)/1e6)
	screen, best, n := r.replayTime(t, -1)
	r.sayOwn("replay of its screen alone", screen, atMost(1), "ms, fastest %.2f, for %d bytes", best, n)
}

// replayTime is the median time in milliseconds from asking the model to
// having the bytes, and the least, which tells a busy machine.
func (r *rig) replayTime(t *vt.Terminal, lines int) (ms, best float64, size int) {
	var times []float64
	for range r.times(50) {
		start := time.Now()
		data := t.Snapshot().AppendReplay(nil, vt.ReplayOptions{History: lines})
		times = append(times, milliseconds(time.Since(start)))
		size = len(data)
	}
	return median(times), slices.Min(times), size
}
