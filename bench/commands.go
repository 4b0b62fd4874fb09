package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// create starts sessions one after another.
func create(ctx context.Context, r *rig) error {
	const batch = 20
	rate := samples{}
	err := r.rounds(ctx, 5, r.those(attaches), func(p *peer) error {
		var sessions []string
		var took time.Duration
		for i := range batch {
			session := fmt.Sprint("new", i)
			sessions = append(sessions, session)
			cmd := p.command(p.create(session, "sleep", "100000")...)
			start := time.Now()
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("new: %w", err)
			}
			took += time.Since(start)
		}
		rate.add(p, batch/took.Seconds())
		return p.kill(sessions...)
	})
	if err != nil {
		return err
	}
	r.say("new -d, one after another, per second", rate.median(), atLeast(0.8).times(tmuxName))
	return nil
}

// list asks what sessions there are. Raw stands for it with a program that does
// nothing.
func list(ctx context.Context, r *rig) error {
	peers := r.those(func(p *peer) bool { return p.list != nil || p.create == nil })
	have := 1 // the keeper
	for _, want := range []int{1, 50} {
		for _, p := range peers {
			for i := have; i < want && p.create != nil; i++ {
				if err := p.do(p.create(fmt.Sprint("idle", i), "sleep", "100000")...); err != nil {
					return err
				}
			}
		}
		have = want
		took := samples{}
		err := r.rounds(ctx, 40, peers, func(p *peer) error {
			return took.time(p, func() (time.Duration, error) { return p.timeList(want) })
		})
		if err != nil {
			return err
		}
		r.say(fmt.Sprintf("ls with %d, ms", want), took.milli(), atMost(1.8).times(tmuxName))
	}
	return nil
}

// timeList wants at least so many sessions.
func (p *peer) timeList(sessions int) (time.Duration, error) {
	if p.list == nil {
		start := time.Now()
		err := p.command("true").Run()
		return time.Since(start), err
	}
	out, err := os.Create(filepath.Join(p.dir, "list"))
	if err != nil {
		return 0, err
	}
	defer out.Close()
	cmd := p.command(p.list()...)
	cmd.Stdout = out
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	text, readErr := os.ReadFile(out.Name())
	if n := bytes.Count(text, []byte("\n")); n < sessions {
		err = errors.Join(err, fmt.Errorf("%d sessions, but %d lines", sessions, n))
	}
	return took, errors.Join(err, readErr)
}

// actBesideFlood attaches, lists and detaches while another session prints to
// its client.
func actBesideFlood(ctx context.Context, r *rig) error {
	peers := r.those(attaches)
	for _, p := range peers {
		if err := p.do(p.create("echo", echoProgram...)...); err != nil {
			return err
		}
		if repaints(p) {
			if err := r.startText(p, "text", 20); err != nil {
				return err
			}
		}
	}
	shown, listed, left := samples{}, samples{}, samples{}
	err := r.rounds(ctx, 4, peers, func(p *peer) error {
		stop, err := r.flood(p, true)
		if err != nil {
			return err
		}
		for range 5 {
			if repaints(p) {
				err = errors.Join(err, shown.time(p, func() (time.Duration, error) { return r.timeAttach(p, "text", 20) }))
			}
			if p.list != nil {
				err = errors.Join(err, listed.time(p, func() (time.Duration, error) { return p.timeList(4) }))
			}
			err = errors.Join(err, left.time(p, p.timeDetach))
			if err != nil {
				break
			}
		}
		return errors.Join(err, stop())
	})
	if err != nil {
		return err
	}
	r.say("attach while another session floods its client, ms", shown.milli(), atMost(10))
	r.say("  ls, ms", listed.milli(), atMost(8))
	r.say("  detach, ms", left.milli(), atMost(3))
	return nil
}
