package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// replacedSessions is how many sessions there are when a server is replaced,
	// each with a full history.
	replacedSessions = 100
	// uneventful is for how long a server must have served so that its end is not
	// one of several in a row, after which the next one is started later.
	uneventful = 11 * time.Second
	// calm is for how long a client must have been attached so that the next break is
	// not one of several in a row, after which it dials again later.
	calm = 1100 * time.Millisecond
)

// replaced kills the server of many sessions, and has another take over, while
// somebody types.
func replaced(ctx context.Context, r *rig) error {
	peers := r.those(func(p *peer) bool { return p.name == xshName || p.name == baseName })
	for _, p := range peers {
		if err := p.fillHistories(replacedSessions); err != nil {
			return err
		}
	}
	terminals, err := openEcho(peers)
	defer closeAll(terminals)
	if err != nil {
		return err
	}
	crash, upgrade := samples{}, samples{}
	err = r.rounds(ctx, 5, peers, func(p *peer) error {
		if err := terminals[p].pass(uneventful); err != nil {
			return err
		}
		return crash.time(p, func() (time.Duration, error) { return p.timeCrash(terminals[p]) })
	})
	if err == nil {
		err = r.rounds(ctx, 10, peers, func(p *peer) error {
			if err := terminals[p].pass(calm); err != nil {
				return err
			}
			return upgrade.time(p, func() (time.Duration, error) { return p.timeUpgrade(terminals[p]) })
		})
	}
	if err != nil {
		return err
	}
	r.say(fmt.Sprintf("server killed, %d sessions: a key's echo, ms", replacedSessions), crash.milli(), atMost(300))
	r.say("  the worst", crash.quantile(1, 1e3), atMost(1000))
	r.say("  upgraded: the longest echo meanwhile, ms", upgrade.milli(), atMost(150))
	r.say("    the worst", upgrade.quantile(1, 1e3), none)
	return nil
}

// fillHistories starts sessions that have printed as many lines as are kept.
func (p *peer) fillHistories(sessions int) error {
	for i := range sessions {
		if err := p.do(p.create(fmt.Sprint("full", i), "sh", "-c", "seq 1 10100; echo FULL; exec sleep 100000")...); err != nil {
			return err
		}
	}
	for i := range sessions {
		if err := p.do(p.exe, "wait", fmt.Sprint("full", i), "--for", "text=FULL", "--timeout", patience.String()); err != nil {
			return err
		}
	}
	return nil
}

// marked types a mark that was not typed before, and returns when its echo is
// there: a screen that is drawn anew has those before.
func (p *peer) marked(t *terminal) error {
	p.marks++
	mark := fmt.Sprintf("<%d>", p.marks)
	if err := t.write(mark); err != nil {
		return err
	}
	return t.until(mark)
}

// timeCrash kills the server and returns how long it takes until what is typed
// then is echoed.
func (p *peer) timeCrash(t *terminal) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, "x", "server.pid"))
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("the server's process: %w", err)
	}
	start := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("kill the server: %w", err)
	}
	err = p.marked(t)
	return time.Since(start), err
}

// timeUpgrade has the server replaced and types all the while. It returns how
// long the slowest echo took.
func (p *peer) timeUpgrade(t *terminal) (longest time.Duration, err error) {
	done := make(chan error, 1)
	go func() { done <- p.do(p.exe, "server", "upgrade") }()
	for over := false; !over; {
		select {
		case err = <-done:
			over = true // and a last one
		default:
		}
		start := time.Now()
		if e := p.marked(t); e != nil {
			return 0, errors.Join(err, e)
		}
		longest = max(longest, time.Since(start))
	}
	return longest, err
}
