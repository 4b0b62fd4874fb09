package main

import (
	"context"
	"fmt"
	osexec "os/exec"
	"time"
)

// verbs measures what scripts do to sessions, beside the ls that asks as little as a
// command can, and beside a shell that does the same without a session.
func verbs(ctx context.Context, r *rig) error {
	for _, p := range r.those(func(p *peer) bool { return p.name == xshName }) {
		if err := r.timeVerbs(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) timeVerbs(ctx context.Context, p *peer) error {
	xsh := p.list()[0]
	if err := p.do(p.create("verbs", "sh", "-c", "echo shown; exec cat >/dev/null")...); err != nil {
		return err
	}
	if err := p.do(xsh, "wait", "verbs", "--for", "text=shown", "--timeout", "1m"); err != nil {
		return err
	}
	const ls = "ls"
	acts := []struct {
		name string
		args []string
	}{
		{ls, []string{xsh, "ls"}},
		{"send", []string{xsh, "send", "verbs", "x"}},
		{"capture", []string{xsh, "capture", "verbs"}},
		{"wait for what is true already", []string{xsh, "wait", "verbs", "--for", "text=shown"}},
	}
	took := map[string][]time.Duration{}
	run := func(name string, args ...string) error {
		start := time.Now()
		err := p.do(args...)
		took[name] = append(took[name], time.Since(start))
		return err
	}
	err := r.rounds(ctx, 60, []*peer{p}, func(p *peer) error {
		for _, act := range acts {
			if err := run(act.name, act.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, act := range acts[1:] {
		above := milliseconds(median(took[act.name])) - milliseconds(median(took[ls]))
		r.sayOwn(act.name+", above ls, ms", above, atMost(1), "ms, and ls takes %.2f", milliseconds(median(took[ls])))
	}
	if err := r.timeReport(ctx, p, xsh, run, took); err != nil {
		return err
	}
	if err := r.timeRun(ctx, p, xsh, run, took); err != nil {
		return err
	}
	return r.timeGrep(ctx, p, xsh, run, took)
}

// timeReport has a program's hook report, each time something else, beside ls.
func (r *rig) timeReport(ctx context.Context, p *peer, xsh string, run func(string, ...string) error, took map[string][]time.Duration) error {
	n := 0
	err := r.rounds(ctx, 200, []*peer{p}, func(*peer) error {
		n++
		if err := run("ls beside report", xsh, "ls"); err != nil {
			return err
		}
		return run("report", xsh, "report", "working", "-m", fmt.Sprint("step ", n), "-s", "verbs")
	})
	if err != nil {
		return err
	}
	ls := milliseconds(median(took["ls beside report"]))
	r.sayOwn("report, in ls's time", milliseconds(median(took["report"]))/ls, atMost(1), "and ls takes %.2f ms", ls)
	return nil
}

// timeRun runs a program in a session's shell, beside that shell by itself.
func (r *rig) timeRun(ctx context.Context, p *peer, xsh string, run func(string, ...string) error, took map[string][]time.Duration) error {
	if _, err := osexec.LookPath("bash"); err != nil {
		r.skip("run true", err)
		return nil
	}
	if err := p.do(p.create("shell", "bash", "--norc")...); err != nil {
		return err
	}
	if err := p.do(xsh, "run", "--wait", "shell", "--", "true"); err != nil {
		return err
	}
	err := r.rounds(ctx, 30, []*peer{p}, func(*peer) error {
		if err := run("bash", "bash", "--norc", "-c", "/bin/true"); err != nil {
			return err
		}
		return run("run", xsh, "run", "shell", "--", "/bin/true")
	})
	if err != nil {
		return err
	}
	above := milliseconds(median(took["run"])) - milliseconds(median(took["bash"]))
	r.sayOwn("run true, above bash -c true, ms", above, atMost(10), "ms, and bash takes %.2f", milliseconds(median(took["bash"])))
	return nil
}

// timeGrep looks through 100 sessions whose history is full.
func (r *rig) timeGrep(ctx context.Context, p *peer, xsh string, run func(string, ...string) error, took map[string][]time.Duration) error {
	program, err := r.printText(10000)
	if err != nil {
		return err
	}
	for i := range 100 {
		if err := p.do(p.create(fmt.Sprint("text", i), program...)...); err != nil {
			return err
		}
	}
	if err := p.do(xsh, "wait", "text*", "--for", "text="+textEnd, "--timeout", "5m"); err != nil {
		return err
	}
	err = r.rounds(ctx, 10, []*peer{p}, func(*peer) error { return run("grep", xsh, "grep", "  9999 the quick") })
	if err != nil {
		return err
	}
	r.sayOwn("grep of 100 full histories, ms", milliseconds(median(took["grep"])), atMost(300), "ms, %d lines each", 10000)
	return nil
}
