package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
)

// echoScript answers each byte with itself, as a program in raw mode does.
const echoScript = "stty raw -echo; echo READY; exec cat"

const (
	keystrokes = 400
	// typing is the time between keystrokes: all processes have gone to sleep
	// by then, as they do between those of a person.
	typing = 3 * time.Millisecond
)

// echo compares how long a keystroke takes to come back, typed one by one and
// as fast as they come back.
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
	for _, t := range []*terminal{bare, attached} {
		if err := t.until("READY"); err != nil {
			return err
		}
	}
	call, err := b.timeCalls(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what  string
		pause time.Duration
		more  string
	}{
		{"keystroke echo above bare", typing, fmt.Sprintf("; a gRPC call %d µs", call.Microseconds())},
		{"echo of keys without a pause", 0, ""},
	} {
		without, with, err := b.timeEchos(bare, attached, c.pause)
		if err != nil {
			return err
		}
		over := with - without
		b.say(figure{c.what, fmt.Sprintf("%d µs", over.Microseconds()), "< 250 µs", over < 250*time.Microsecond},
			"%d µs to %d µs%s", with.Microseconds(), without.Microseconds(), c.more)
	}
	return b.do(ctx, "kill", "echo")
}

// timeEchos types in turn on both terminals and returns the medians.
func (b *bench) timeEchos(bare, attached *terminal, pause time.Duration) (without, with time.Duration, err error) {
	times := map[*terminal][]time.Duration{}
	for range keystrokes * b.runs / 5 {
		for _, t := range []*terminal{bare, attached} {
			time.Sleep(pause)
			took, err := timeEcho(t)
			if err != nil {
				return 0, 0, err
			}
			times[t] = append(times[t], took)
		}
	}
	return median(times[bare]), median(times[attached]), nil
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

// timeCalls returns how long the least that a client can ask of the server
// takes at the pace of typing, which no echo can beat.
func (b *bench) timeCalls(ctx context.Context) (time.Duration, error) {
	c, err := client.Dial(ctx, b.dir+"/run/xsh.sock")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var times []time.Duration
	for range keystrokes / 4 {
		time.Sleep(typing)
		start := time.Now()
		if _, err := c.Status(ctx); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	return median(times), nil
}
