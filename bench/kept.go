package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// keptCost prints and types, by turns in sessions that outlive their server and in those
// of a server without a keeper, whose log and screens are its own memory.
func keptCost(ctx context.Context, r *rig) error {
	for _, kept := range r.those(func(p *peer) bool { return p.name == xshName }) {
		bare, stop, err := unkept(kept)
		if err != nil {
			return err
		}
		if err := errors.Join(r.comparedWith(ctx, kept, bare), stop()); err != nil {
			return err
		}
	}
	return nil
}

// comparedWith prints and types in both.
func (r *rig) comparedWith(ctx context.Context, kept, bare *peer) error {
	script, err := r.reportingScript(true)
	if err != nil {
		return err
	}
	both := []*peer{bare, kept}
	terminals, err := openEcho(both)
	defer closeAll(terminals)
	if err != nil {
		return err
	}
	printed, typed := samples{}, samples{}
	err = r.rounds(ctx, 12, both, func(p *peer) error {
		if err := r.typeKeys(p, terminals[p], 2*keysInTurn, typed); err != nil {
			return err
		}
		return printed.time(p, func() (time.Duration, error) { return r.timePrint(p, script) })
	})
	if err != nil {
		return err
	}
	const note = "of what it is in sessions that end with their server"
	r.sayOwn("100 MB printed, its speed where sessions are kept", median(printed[bare])/median(printed[kept]), atLeast(0.97), note)
	r.sayOwn("  and that of an echo", median(typed[bare])/median(typed[kept]), atLeast(0.97), note)
	return nil
}

// unkept is a peer of the same program with a server that has no keeper, and how to end
// it.
func unkept(of *peer) (p *peer, stop func() error, err error) {
	p = &peer{name: "unkept", dir: filepath.Join(filepath.Dir(of.dir), "unkept"), ctx: of.ctx}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, nil, err
	}
	p.beXsh(of.exe)
	server := p.command(p.exe, "server", "start", "--foreground")
	if err := server.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() error {
		p.stop()
		return server.Wait()
	}
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(p.dir, "x", "xsh.sock")); err == nil {
			return p, stop, nil
		}
		if time.Now().After(end) {
			return nil, nil, errors.Join(errors.New("the server without a keeper does not start"), stop())
		}
	}
}
