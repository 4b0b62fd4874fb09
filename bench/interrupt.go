package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// interrupt types Ctrl-C while the program floods its client, which is read all
// the time.
func interrupt(ctx context.Context, r *rig) error {
	terminals := map[*peer]*terminal{}
	defer func() { closeAll(terminals) }()
	for _, p := range r.peers {
		t, err := p.show(p.open("flood", r.self, "flood", r.reportPath())...)
		if err != nil {
			return err
		}
		terminals[p] = t
		if _, _, err := r.timeInterrupt(t); err != nil { // and it is silent until its turn
			return err
		}
	}
	reached, shown := samples{}, samples{}
	err := r.rounds(ctx, 20, r.peers, func(p *peer) error {
		if err := terminals[p].write("\r"); err != nil {
			return err
		}
		a, b, err := r.timeInterrupt(terminals[p])
		reached.add(p, milliseconds(a))
		shown.add(p, milliseconds(b))
		return err
	})
	if err != nil {
		return err
	}
	r.say("Ctrl-C in a flood reaches the program, ms", reached.median(), atMost(0.6))
	r.say("  is shown, ms", shown.median(), atMost(2))
	return nil
}

// timeInterrupt returns how long Ctrl-C takes to the program, and until what
// the program prints then is shown.
func (r *rig) timeInterrupt(t *terminal) (reached, shown time.Duration, err error) {
	if _, err := r.report("flowing"); err != nil {
		return 0, 0, err
	}
	if err := t.pass(time.Duration(150+rand.IntN(100)) * time.Millisecond); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := t.write("\x03"); err != nil {
		return 0, 0, err
	}
	if err := t.until(interrupted); err != nil {
		return 0, 0, err
	}
	shown = time.Since(start)
	at, err := r.report("interrupted")
	return at.Sub(start.Round(0)), shown, err
}
