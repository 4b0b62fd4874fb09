package main

import (
	"context"
	"fmt"
	"time"
)

const (
	settling = 5 * time.Second // an idle server is one that was left alone for a while
	watching = 5 * time.Second
)

// idle starts many sessions of programs that do nothing, asks what memory and
// threads the peer has for them, and watches it do nothing.
func idle(ctx context.Context, r *rig) error {
	size, each, threads, cpu := samples{}, samples{}, samples{}, samples{}
	if !haveProc() {
		return errNoProc
	}
	for _, p := range r.those(attaches) {
		for i := range r.sessions {
			if err := p.do(p.create(fmt.Sprint("idle", i), "sleep", "100000")...); err != nil {
				return err
			}
		}
		if err := sleep(ctx, settling); err != nil {
			return err
		}
		before, err := p.weighMemory()
		if err != nil {
			return err
		}
		start, err := p.weigh() // again: telling memory takes the kernel long
		if err != nil {
			return err
		}
		if err := sleep(ctx, watching); err != nil {
			return err
		}
		after, err := p.weigh()
		if err != nil {
			return err
		}
		size.add(p, float64(before.pss)/(1<<20))
		each.add(p, float64(before.pss)/1024/float64(r.sessions))
		threads.add(p, float64(before.threads))
		cpu.add(p, milliseconds(after.cpu-start.cpu))
		p.stop()
		if p.name == dtachName {
			if err := endAll(p.dir); err != nil {
				return err
			}
		}
	}
	r.say(fmt.Sprintf("%d idle sessions, MiB", r.sessions), size.median(), none)
	r.say("  KiB each", each.median(), atMost(150))
	r.say("  threads", threads.median(), atMost(30))
	r.say(fmt.Sprintf("  CPU in %v, ms (none is under 10)", watching), cpu.median(), atMost(10))
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
