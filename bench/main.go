// Command bench measures what xsh promises, each figure beside what it is
// measured against in the same run: on a machine that is busy, compare the
// two, and not one run with another. What the machine lacks (node with
// @xterm/headless, tmux) is left out with a line that says so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// bench is one run: the binary, and a server of its own.
type bench struct {
	xsh     string
	dir     string
	env     []string
	runs    int
	idle    int
	modules string // the directory of node_modules
	only    string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 1 && os.Args[1] == fillVerb {
		return fillMain(os.Args[2:])
	}
	b := &bench{}
	flag.StringVar(&b.xsh, "xsh", "bin/xsh", "binary to measure")
	flag.IntVar(&b.runs, "runs", 5, "times to measure what takes long")
	flag.IntVar(&b.idle, "sessions", 1000, "idle sessions to weigh a server with")
	flag.StringVar(&b.modules, "modules", "internal/vt/testdata/golden", "`directory` that npm ci was run in")
	flag.StringVar(&b.only, "only", "", "measure one of flood, unseen, echo, attach, beside, ls, idle, buffer, model, history")
	flag.Parse()
	// A pipe that is closed must not leave servers behind either.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	return b.run(ctx)
}

func (b *bench) run(ctx context.Context) error {
	if err := b.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	defer b.command(context.WithoutCancel(ctx), "server", "stop", "--force").Run()
	known := b.only == ""
	for _, m := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"flood", b.flood}, {"unseen", b.unseen}, {"echo", b.echo}, {"attach", b.attach}, {"beside", b.beside},
		{"ls", b.ls}, {"idle", b.weigh}, {"buffer", b.buffer}, {"model", b.model}, {"history", b.history},
	} {
		if b.only != "" && b.only != m.name {
			continue
		}
		known = true
		if err := m.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if !known {
		return fmt.Errorf("nothing is called %q", b.only)
	}
	return nil
}

// prepare makes a place for the server, apart from the user's.
func (b *bench) prepare() error {
	var err error
	if b.xsh, err = filepath.Abs(b.xsh); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("/tmp", "xsh-bench-"); err != nil {
		return err
	}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "XSH_") && !strings.HasPrefix(pair, "TMUX") {
			b.env = append(b.env, pair)
		}
	}
	b.env = append(b.env, "XSH_DIR="+b.dir+"/run", "XDG_STATE_HOME="+b.dir, "XDG_CONFIG_HOME="+b.dir,
		"HOME="+b.dir, "TERM=xterm-256color")
	return nil
}
