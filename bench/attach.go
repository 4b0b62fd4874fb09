package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// textEnd is the last of the text that a session shows.
const textEnd = "the end of it"

// printText is a program that prints so many lines and stays.
func (r *rig) printText(lines int) ([]string, error) {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "\x1b[3%dm%6d\x1b[m the quick brown fox jumps over the lazy dog, and again\n", i%8, i)
	}
	path, err := r.file(fmt.Sprintf("text-%d", lines), []byte(b.String()+textEnd))
	return []string{"sh", "-c", "cat " + path + "; exec sleep 100000"}, err
}

// repaints reports whether a peer shows an attached client what was printed
// before. Raw stands for it with a program that prints the text.
func repaints(p *peer) bool { return p.name != dtachName }

// startText starts a session with a text and waits until it is there.
func (r *rig) startText(p *peer, session string, lines int) error {
	program, err := r.printText(lines)
	if err != nil || p.create == nil {
		return err
	}
	if err := p.do(p.create(session, program...)...); err != nil {
		return err
	}
	_, err = r.timeAttach(p, session, lines)
	return err
}

// timeAttach returns how long it takes from the start of the client until the
// end of the text is shown.
func (r *rig) timeAttach(p *peer, session string, lines int) (time.Duration, error) {
	args := []string{"cat", fmt.Sprintf("%s/text-%d", r.dir, lines)}
	if p.attach != nil {
		args = p.attach(session)
	}
	start := time.Now()
	t, err := p.show(args...)
	if err != nil {
		return 0, err
	}
	defer t.close()
	err = t.until(textEnd)
	return time.Since(start), err
}

// attach attaches where there is one session beside the keeper.
func attach(ctx context.Context, r *rig) error {
	return r.attachTo(ctx, "attach until the text is on the screen, ms", r.those(repaints), 20)
}

// attachWithHistory attaches to one of 22 sessions, and its history is full.
func attachWithHistory(ctx context.Context, r *rig) error {
	peers := r.those(func(p *peer) bool { return repaints(p) && p.create != nil })
	for _, p := range peers {
		for i := range 20 { // beside the text and the keeper
			if err := p.do(p.create(fmt.Sprint("other", i), "sleep", "100000")...); err != nil {
				return err
			}
		}
	}
	return r.attachTo(ctx, "  with 10,000 lines of history and 22 sessions", peers, 10000)
}

func (r *rig) attachTo(ctx context.Context, what string, peers []*peer, lines int) error {
	for _, p := range peers {
		if err := r.startText(p, "text", lines); err != nil {
			return err
		}
	}
	took := samples{}
	err := r.rounds(ctx, 40, peers, func(p *peer) error {
		return took.time(p, func() (time.Duration, error) { return r.timeAttach(p, "text", lines) })
	})
	if err != nil {
		return err
	}
	r.say(what, took.milli(), atMost(1.5).times(tmuxName))
	return nil
}

func attaches(p *peer) bool { return p.attach != nil }

// detach leaves a session by its key.
func detach(ctx context.Context, r *rig) error {
	peers := r.those(attaches)
	for _, p := range peers {
		if err := p.do(p.create("echo", echoProgram...)...); err != nil {
			return err
		}
	}
	took := samples{}
	err := r.rounds(ctx, 40, peers, func(p *peer) error { return took.time(p, p.timeDetach) })
	if err != nil {
		return err
	}
	r.say("detach, ms", took.milli(), atMost(1.5).times(tmuxName))
	return nil
}

// timeDetach attaches to the session echo, and returns how long it takes from
// the detach key until the client has exited.
func (p *peer) timeDetach() (time.Duration, error) {
	t, err := p.show(p.attach("echo")...)
	if err != nil {
		return 0, err
	}
	defer t.close()
	if _, err := t.read(); err != nil { // the terminal is in raw mode by then
		return 0, err
	}
	if _, err := t.key(); err != nil {
		return 0, err
	}
	if err := t.pass(20 * time.Millisecond); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := t.write(p.detachKeys); err != nil {
		return 0, err
	}
	err = t.waitExit()
	return time.Since(start), err
}
