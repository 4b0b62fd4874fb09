package main

import (
	"context"
	"fmt"
	"time"
)

// starts is how often the start of a process is timed.
const starts = 20

// attach times an attach to a session whose output buffer and history are
// full.
func (b *bench) attach(ctx context.Context) error {
	const script = "seq -f 'line %070.0f' 1 30000; echo ALL-PRINTED; exec cat"
	t, err := open(b.command(ctx, "new", "full", "--", "sh", "-c", script))
	if err != nil {
		return err
	}
	err = t.until("ALL-PRINTED")
	t.close()
	if err != nil {
		return err
	}
	var first, whole, process []time.Duration
	for range starts * b.runs / 5 {
		start := time.Now()
		t, err := open(b.command(ctx, "attach", "full"))
		if err != nil {
			return err
		}
		_, err = t.read()
		first = append(first, time.Since(start))
		if err == nil {
			err = t.until("ALL-PRINTED")
		}
		whole = append(whole, time.Since(start))
		t.close()
		if err != nil {
			return err
		}
		took, err := b.timeProcess(ctx, "version")
		if err != nil {
			return err
		}
		process = append(process, took)
	}
	ms := median(first).Seconds() * 1e3
	b.say(figure{"attach, first byte of the replay", fmt.Sprintf("%.1f ms", ms), "<= 60 ms", ms <= 60},
		"all of it %.1f ms; xsh version %.1f ms", median(whole).Seconds()*1e3, median(process).Seconds()*1e3)
	return b.do(ctx, "kill", "full")
}

// ls times a list of ten sessions.
func (b *bench) ls(ctx context.Context) error {
	for range 10 {
		if err := b.do(ctx, "new", "-d", "-c", "/tmp", "--", "sleep", "100000"); err != nil {
			return err
		}
	}
	var list, process []time.Duration
	for range starts * b.runs / 5 {
		for args, times := range map[string]*[]time.Duration{"ls": &list, "version": &process} {
			took, err := b.timeProcess(ctx, args)
			if err != nil {
				return err
			}
			*times = append(*times, took)
		}
	}
	ms := median(list).Seconds() * 1e3
	b.say(figure{"xsh ls", fmt.Sprintf("%.1f ms", ms), "<= 30 ms", ms <= 30},
		"xsh version %.1f ms", median(process).Seconds()*1e3)
	return b.do(ctx, "kill", "-a")
}

func (b *bench) timeProcess(ctx context.Context, args ...string) (time.Duration, error) {
	start := time.Now()
	err := b.do(ctx, args...)
	return time.Since(start), err
}
