package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// eventRate is how many events a session is to have each second.
const eventRate = 1000

// events has a session whose program rings the bell and changes its title a thousand
// times a second, and somebody who follows: what the server and the keeper take of a
// processor for it, with all that comes before and behind an event.
func events(ctx context.Context, r *rig) error {
	if !haveProc() {
		return errNoProc
	}
	for _, p := range r.those(func(p *peer) bool { return p.name == xshName }) {
		if err := p.do(p.create("events", r.self, "ring", strconv.Itoa(eventRate))...); err != nil {
			return err
		}
		served, followed, rate, err := r.weighEvents(ctx, p)
		if err != nil {
			return err
		}
		r.sayOwn(fmt.Sprintf("%d events a second, %% of a processor", eventRate), 100*served/rate*eventRate, atMost(5),
			"%%, %.0f a second were followed, by a client that took %.1f %%", rate, 100*followed/rate*eventRate)
	}
	return nil
}

// weighEvents returns what the server takes of a processor, what a client that follows
// the events takes, and how many came each second.
func (r *rig) weighEvents(ctx context.Context, p *peer) (served, followed, rate float64, err error) {
	follow := p.command(p.list()[0], "events", "events")
	out, err := follow.StdoutPipe()
	if err == nil {
		err = follow.Start()
	}
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { follow.Process.Kill(); follow.Wait() }()
	var count atomic.Int64
	go func() { // ends with the client
		lines := bufio.NewReader(out)
		for {
			if _, err := lines.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return
			}
			count.Add(1)
		}
	}()
	weigh := func() (all, client time.Duration, n int64, err error) {
		w, err := p.weigh()
		if err != nil {
			return 0, 0, 0, err
		}
		_, client = processorTime(follow.Process.Pid)
		return w.cpu, client, count.Load(), nil
	}
	if err := sleep(ctx, settling/5); err != nil {
		return 0, 0, 0, err
	}
	start := time.Now()
	all, client, n, err := weigh()
	if err != nil {
		return 0, 0, 0, err
	}
	if err := sleep(ctx, watching); err != nil {
		return 0, 0, 0, err
	}
	took := time.Since(start).Seconds()
	all2, client2, n2, err := weigh()
	if err != nil {
		return 0, 0, 0, err
	}
	if n2 == n {
		return 0, 0, 0, errors.New("no events came")
	}
	followed = (client2 - client).Seconds() / took
	return (all2-all).Seconds()/took - followed, followed, float64(n2-n) / took, nil
}

// ringMain makes so many events a second, bells and titles in turn, until its terminal
// is gone.
func ringMain(args []string) error {
	rate, err := oneNumber(args, "ring RATE")
	if err != nil {
		return err
	}
	start := time.Now()
	for n := 0; ; n++ {
		time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / time.Duration(rate))))
		event := "\a"
		if n%2 == 1 {
			event = fmt.Sprintf("\x1b]2;%d\a", n)
		}
		if _, err := io.WriteString(os.Stdout, event); err != nil {
			return err
		}
	}
}
