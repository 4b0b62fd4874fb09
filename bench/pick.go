package main

import (
	"context"
	"fmt"
	"time"
)

// picker shows the picker of 200 sessions, until it says how many there are.
func picker(ctx context.Context, r *rig) error {
	const sessions = 200
	peers := r.those(func(p *peer) bool { return p.name == xshName || p.name == baseName })
	for _, p := range peers {
		for i := range sessions - 1 { // beside the keeper
			if err := p.do(p.create(fmt.Sprint("idle", i), "sleep", "100000")...); err != nil {
				return err
			}
		}
	}
	took := samples{}
	err := r.rounds(ctx, 40, peers, func(p *peer) error {
		return took.time(p, func() (time.Duration, error) {
			start := time.Now()
			t, err := p.show(p.list()[0], "pick")
			if err != nil {
				return 0, err
			}
			defer t.close()
			err = t.until(fmt.Sprintf("%d/%d", sessions, sessions))
			return time.Since(start), err
		})
	})
	if err != nil {
		return err
	}
	r.say("pick of 200 sessions until its first frame, ms", took.milli(), atMost(60))
	return nil
}
