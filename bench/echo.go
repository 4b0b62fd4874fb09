package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// echoProgram answers each byte with itself. It is cat and not a program of
// ours: each figure has its time in it, and Go's scheduler would be more of it
// than the peers are.
var echoProgram = []string{"sh", "-c", "stty raw -echo; echo READY; exec cat"}

// keysInTurn is how many keys a peer is typed before the next one's turn.
const keysInTurn = 10

// openEcho has every one of the peers show the echo program.
func openEcho(peers []*peer) (map[*peer]*terminal, error) {
	terminals := map[*peer]*terminal{}
	for _, p := range peers {
		t, err := p.show(p.open("echo", echoProgram...)...)
		if err != nil {
			return terminals, err
		}
		terminals[p] = t
		if err := t.until("READY"); err != nil {
			return terminals, err
		}
	}
	return terminals, nil
}

func closeAll(terminals map[*peer]*terminal) {
	for _, t := range terminals {
		t.close()
	}
}

// echoIdle types while nothing else happens.
func echoIdle(ctx context.Context, r *rig) error {
	terminals, err := openEcho(r.peers)
	defer closeAll(terminals)
	if err != nil {
		return err
	}
	took, cpu := samples{}, samples{}
	err = r.rounds(ctx, 30, r.peers, func(p *peer) error {
		before, unknown := p.weigh()
		if err := r.typeKeys(p, terminals[p], keysInTurn, took); err != nil {
			return err
		}
		if after, err := p.weigh(); err == nil && unknown == nil {
			cpu.add(p, microseconds(after.cpu-before.cpu)/keysInTurn)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.say("a key until its echo, µs", took.micro(0.5), atMost(1.15).times(dtachName))
	r.say("  p99", took.micro(0.99), none)
	r.say("  CPU of server and client, µs", cpu.median(), atMost(100))
	return nil
}

// typeKeys types at a person's pace and adds how long each echo took. All
// processes have gone to sleep before a key comes.
func (r *rig) typeKeys(p *peer, t *terminal, keys int, took samples) error {
	for range keys {
		if err := t.pass(r.pause + rand.N(2*r.pause)); err != nil {
			return err
		}
		if err := took.time(p, t.key); err != nil {
			return err
		}
	}
	return nil
}

// key types a key and waits for its echo. No control sequence that a peer sends
// has a z in it.
func (t *terminal) key() (time.Duration, error) {
	start := time.Now()
	if err := t.write("z"); err != nil {
		return 0, err
	}
	for {
		p, err := t.read()
		if err != nil {
			return 0, errors.Join(errors.New("no echo"), err)
		}
		if bytes.IndexByte(p, 'z') >= 0 {
			return time.Since(start), nil
		}
	}
}

// echoBesideFlood types while another session prints to its client.
func echoBesideFlood(ctx context.Context, r *rig) error {
	return r.echoBeside(ctx, "  while another session floods its client", true)
}

// echoBesideQuietFlood types while another session prints to nobody.
func echoBesideQuietFlood(ctx context.Context, r *rig) error {
	return r.echoBeside(ctx, "  while another floods with no client", false)
}

func (r *rig) echoBeside(ctx context.Context, what string, client bool) error {
	terminals, err := openEcho(r.peers)
	defer closeAll(terminals)
	if err != nil {
		return err
	}
	took := samples{}
	err = r.rounds(ctx, 10, r.peers, func(p *peer) error {
		stop, err := r.flood(p, client)
		if err != nil {
			return err
		}
		err = r.typeKeys(p, terminals[p], 3*keysInTurn, took)
		return errors.Join(err, stop())
	})
	if err != nil {
		return err
	}
	r.say(what, took.micro(0.5), atMost(1.5).times(dtachName))
	r.say("    p99", took.micro(0.99), atMost(2000))
	return nil
}
