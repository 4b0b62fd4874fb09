package main

import (
	"context"
	"fmt"
	"time"
)

// echoScript answers each byte with itself, as a program in raw mode does.
const echoScript = "stty raw -echo; echo READY; exec cat"

const (
	keystrokes = 400
	// between is the time between keystrokes: everything has gone to sleep by
	// then, as it does between those of a person.
	between = 3 * time.Millisecond
)

// echo compares how long a keystroke takes to come back.
func (b *bench) echo(ctx context.Context) error {
	bare, err := open(b.bare(ctx, "sh", "-c", echoScript))
	if err != nil {
		return err
	}
	defer bare.close()
	attached, err := open(b.command(ctx, "new", "echo", "--", "sh", "-c", echoScript))
	if err != nil {
		return err
	}
	defer attached.close()
	var without, with []time.Duration
	for _, t := range []*terminal{bare, attached} {
		if err := t.until("READY"); err != nil {
			return err
		}
	}
	for range keystrokes * b.runs / 5 {
		for t, list := range map[*terminal]*[]time.Duration{bare: &without, attached: &with} {
			time.Sleep(between)
			took, err := timeEcho(t)
			if err != nil {
				return err
			}
			*list = append(*list, took)
		}
	}
	more := median(with) - median(without)
	b.say(figure{"keystroke echo above bare", fmt.Sprintf("%d µs", more.Microseconds()), "< 250 µs", more < 250*time.Microsecond},
		"%d µs to %d µs", median(with).Microseconds(), median(without).Microseconds())
	return b.do(ctx, "kill", "echo")
}

func timeEcho(t *terminal) (time.Duration, error) {
	start := time.Now()
	if err := t.write("k"); err != nil {
		return 0, err
	}
	for {
		p, err := t.read()
		if err != nil {
			return 0, err
		}
		if len(p) > 0 && p[len(p)-1] == 'k' {
			return time.Since(start), nil
		}
	}
}
