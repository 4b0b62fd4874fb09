package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	printBytes = 100e6
	printPiece = 10e6 // of which the file is, printed again and again
)

// print100MB prints to a client that is read all the time.
func print100MB(ctx context.Context, r *rig) error {
	for _, c := range []struct {
		what string
		text []byte
		want float64
	}{
		{"100 MB printed while attached, of raw: plain", bytes.Repeat([]byte(textLine), printPiece/len(textLine)), 0.7},
		{"  colour", sgrStream(), 0.6},
		{"  one line", bytes.ReplaceAll(bytes.Repeat([]byte(textLine), printPiece/len(textLine)), []byte("\n"), []byte(" ")), 0.6},
	} {
		script, err := r.printScript(c.text)
		if err != nil {
			return err
		}
		rate := samples{}
		err = r.rounds(ctx, 3, r.peers, func(p *peer) error {
			t, err := p.show(p.open("print", "sh", "-c", script)...)
			if err != nil {
				return err
			}
			defer t.close()
			if err := t.until("READY"); err != nil {
				return err
			}
			start := time.Now()
			if err := t.write("\r"); err != nil {
				return err
			}
			if err := t.until("ALL-PRINTED"); err != nil {
				return err
			}
			rate.add(p, printBytes/1e6/time.Since(start).Seconds())
			if p.kill != nil {
				return p.kill("print")
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.sayShare(c.what, rate, c.want)
	}
	return nil
}

// printScript prints 100 MB once it is told to, and says when it is done.
func (r *rig) printScript(text []byte) (string, error) {
	path, err := r.file("print", text)
	if err != nil {
		return "", err
	}
	files := strings.Repeat(" "+path, int(printBytes)/len(text))
	// The last piece may end in a control sequence, and what is drawn may wrap.
	return fmt.Sprintf(`stty -echo; echo READY; read x; cat%s; head -c %d %s; printf '\030\033[m\n'; echo ALL-PRINTED; read x`,
		files, int(printBytes)%len(text), path), nil
}

// reportingScript is printScript for a session without a client: what it runs before
// and after reports when that was. It begins with what is typed, if typed is set.
func (r *rig) reportingScript(typed bool) (string, error) {
	script, err := r.printScript(bytes.Repeat([]byte(textLine), printPiece/len(textLine)))
	report := func(what string) string { return fmt.Sprintf("%s report %s %s", r.self, r.reportPath(), what) }
	begin := report("began")
	if typed {
		begin = "echo READY; read x; " + begin
	}
	return strings.NewReplacer("echo READY; read x", begin, "echo ALL-PRINTED", report("ended")).Replace(script), err
}

// printing waits until the reporting script has printed and returns how long it did.
func (r *rig) printing() (time.Duration, error) {
	began, err := r.report("began")
	if err != nil {
		return 0, err
	}
	ended, err := r.report("ended")
	return ended.Sub(began), err
}

// printUnseen prints in a session without a client.
func printUnseen(ctx context.Context, r *rig) error {
	script, err := r.reportingScript(false)
	if err != nil {
		return err
	}
	rate := samples{}
	err = r.rounds(ctx, 5, r.peers, func(p *peer) (err error) {
		if p.create == nil { // a bare terminal has to be read by somebody
			var stop func() error
			if stop, err = r.drain(p, p.open("", "sh", "-c", script)); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, stop()) }()
		} else if err := p.do(p.create("print", "sh", "-c", script)...); err != nil {
			return err
		}
		took, err := r.printing()
		if err != nil {
			return err
		}
		rate.add(p, printBytes/1e6/took.Seconds())
		if p.kill == nil {
			return nil
		}
		return p.kill("print")
	})
	if err != nil {
		return err
	}
	r.sayShare("100 MB printed with no client, of raw: plain", rate, 0.7)
	return nil
}
