package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

//go:embed xterm.mjs
var xtermScript []byte

const (
	ourMegabytes   = 64
	theirMegabytes = 32
)

// model compares the screen model with xterm.js: MB for each second of
// processor time, collecting garbage included.
func model(_ context.Context, r *rig) error {
	x, err := r.newXterm()
	if err != nil {
		r.skip("model beside xterm.js", err)
	}
	for _, s := range streams {
		data := s.make()
		var ours, theirs []float64
		for range r.times(5) {
			ours = append(ours, modelSpeed(data))
			if x == nil {
				continue
			}
			v, err := x.speed(data)
			if err != nil {
				return err
			}
			theirs = append(theirs, v)
		}
		name := "model, " + s.name
		if x == nil {
			r.skip(name, fmt.Errorf("%.0f MB per CPU second, beside nothing", median(ours)))
			continue
		}
		r.sayOwn(name, median(ours)/median(theirs), atLeast(s.want),
			"%.0f MB per CPU second, xterm.js %.1f", median(ours), median(theirs))
	}
	return nil
}

// modelSpeed is MB per CPU second of a model with its history full.
func modelSpeed(data []byte) float64 {
	t := vt.New(vt.Size{Rows: 24, Cols: 80}, vt.Config{})
	writeModel(t, data, 4e6)
	before := ownCPUTime()
	n := writeModel(t, data, ourMegabytes*1e6)
	return float64(n) / 1e6 / (ownCPUTime() - before).Seconds()
}

// writeModel writes data again and again until that is want bytes, in the
// pieces that a session gives its model.
func writeModel(t *vt.Terminal, data []byte, want int) (total int) {
	const piece = 32 << 10
	for total < want {
		for b := data; len(b) > 0 && total < want; {
			n := min(len(b), piece)
			t.Write(b[:n])
			total += n
			b = b[n:]
		}
	}
	return total
}

// ownCPUTime is the processor time that this process has used.
func ownCPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// xterm runs xterm.js.
type xterm struct {
	script, input string // files
	modules       string
}

func (r *rig) newXterm() (*xterm, error) {
	if _, err := osexec.LookPath("node"); err != nil {
		return nil, errors.New("node is not installed")
	}
	modules, err := filepath.Abs(r.modules)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "@xterm", "headless")); err != nil {
		return nil, fmt.Errorf("@xterm/headless is not there: npm ci --prefix %s", modules)
	}
	x := &xterm{filepath.Join(r.dir, "xterm.mjs"), filepath.Join(r.dir, "stream"), modules}
	return x, os.WriteFile(x.script, xtermScript, 0o600)
}

func (x *xterm) speed(data []byte) (float64, error) {
	if err := os.WriteFile(x.input, data, 0o600); err != nil {
		return 0, err
	}
	out, err := osexec.Command("node", x.script, x.modules+"/package.json", x.input,
		strconv.Itoa(theirMegabytes)).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("xterm.js: %w: %s", err, out)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
