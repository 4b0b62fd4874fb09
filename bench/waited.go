package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// printWaited prints in a session without a client while somebody waits for a text that
// never comes, and compares that with a session for which nobody waits.
func printWaited(ctx context.Context, r *rig) error {
	script, err := r.printScript(bytes.Repeat([]byte(textLine), printPiece/len(textLine)))
	if err != nil {
		return err
	}
	report := func(what string) string { return strings.Join([]string{r.self, "report", r.reportPath(), what}, " ") }
	script = strings.NewReplacer("echo READY; read x", "read x; "+report("began"), "echo ALL-PRINTED", report("ended")).Replace(script)
	var alone, waited []float64
	err = r.rounds(ctx, 3, r.those(func(p *peer) bool { return p.name == xshName }), func(p *peer) error {
		for _, patterns := range [][]string{nil, {`text=never there`}} {
			rate, err := r.printBesideWaits(p, script, patterns)
			if err != nil {
				return err
			}
			if patterns == nil {
				alone = append(alone, rate)
			} else {
				waited = append(waited, rate)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.sayOwn("100 MB printed while one waits for text, of alone", median(waited)/median(alone), atLeast(0.5),
		"%.0f MB/s, alone %.0f", median(waited), median(alone))
	return nil
}

// printBesideWaits returns how many MB/s a session prints for which somebody waits.
func (r *rig) printBesideWaits(p *peer, script string, patterns []string) (rate float64, err error) {
	if err := p.do(p.create("waited", "sh", "-c", script)...); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.kill("waited")) }()
	xsh := p.list()[0]
	for _, pattern := range patterns {
		wait := p.command(xsh, "wait", "waited", "--for", pattern)
		if err := wait.Start(); err != nil {
			return 0, err
		}
		defer func() { wait.Process.Kill(); wait.Wait() }()
	}
	if err := sleep(r.ctx, settling/10); err != nil { // nothing tells that somebody waits
		return 0, err
	}
	if err := p.do(xsh, "send", "waited", "--enter", "x"); err != nil {
		return 0, err
	}
	took, err := r.printing()
	if err != nil {
		return 0, err
	}
	return printBytes / 1e6 / took.Seconds(), nil
}
