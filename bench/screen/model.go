package main

import (
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
func model(o options, r *report) error {
	x, err := newXterm(o.modules)
	if err != nil {
		r.skip("model beside xterm.js", err)
	} else {
		defer os.RemoveAll(x.dir)
	}
	for _, s := range streams {
		data := s.make()
		var ours, theirs []float64
		for range o.runs {
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
		r.atLeast(name, median(ours)/median(theirs), s.want,
			fmt.Sprintf("%.0f MB per CPU second, xterm.js %.1f", median(ours), median(theirs)))
	}
	return nil
}

// modelSpeed is MB per CPU second of a model with its history full.
func modelSpeed(data []byte) float64 {
	t := vt.New(vt.Size{Rows: 24, Cols: 80}, vt.Config{})
	writeModel(t, data, 4e6)
	before := cpuTime()
	n := writeModel(t, data, ourMegabytes*1e6)
	return float64(n) / 1e6 / (cpuTime() - before).Seconds()
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

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// xterm runs xterm.js.
type xterm struct {
	dir     string // of the script and its input
	modules string
}

func newXterm(modules string) (*xterm, error) {
	if _, err := osexec.LookPath("node"); err != nil {
		return nil, errors.New("node is not installed")
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "@xterm", "headless")); err != nil {
		return nil, fmt.Errorf("@xterm/headless is not there: npm ci --prefix %s", modules)
	}
	dir, err := os.MkdirTemp("", "xsh-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "xterm.mjs"), xtermScript, 0o600); err != nil {
		return nil, err
	}
	return &xterm{dir, modules}, nil
}

func (x *xterm) speed(data []byte) (float64, error) {
	file := filepath.Join(x.dir, "stream")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return 0, err
	}
	out, err := osexec.Command("node", filepath.Join(x.dir, "xterm.mjs"), x.modules+"/package.json", file,
		strconv.Itoa(theirMegabytes)).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("xterm.js: %w: %s", err, out)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
