// Command bench measures what xsh promises, each figure beside what it is
// measured against in the same run: on a machine that is busy, compare the
// two, and not one run with another.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// bench is one run: the binary, and a server of its own.
type bench struct {
	xsh  string
	dir  string
	env  []string
	runs int
	idle int
	only string
}

// figure is one line of the result.
type figure struct {
	what, measured, promised string
	kept                     bool
}

func main() {
	b := &bench{}
	flag.StringVar(&b.xsh, "xsh", "bin/xsh", "binary to measure")
	flag.IntVar(&b.runs, "runs", 5, "times to measure what takes long")
	flag.IntVar(&b.idle, "sessions", 1000, "idle sessions to weigh a server with")
	flag.StringVar(&b.only, "only", "", "measure one of flood, unseen, echo, attach, ls, idle, buffer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context) error {
	if err := b.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	defer b.command(context.WithoutCancel(ctx), "server", "stop", "--force").Run()
	for _, m := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"flood", b.flood}, {"unseen", b.unseen}, {"echo", b.echo}, {"attach", b.attach}, {"ls", b.ls},
		{"idle", b.weigh}, {"buffer", b.buffer},
	} {
		if b.only != "" && b.only != m.name {
			continue
		}
		if err := m.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
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
		if !strings.HasPrefix(pair, "XSH_") {
			b.env = append(b.env, pair)
		}
	}
	b.env = append(b.env, "XSH_DIR="+b.dir+"/run", "XDG_STATE_HOME="+b.dir, "XDG_CONFIG_HOME="+b.dir,
		"HOME="+b.dir, "TERM=xterm-256color")
	return nil
}

// say prints a figure; more explains it.
func (b *bench) say(f figure, more string, args ...any) {
	verdict := "kept"
	if !f.kept {
		verdict = "MISSED"
	}
	fmt.Printf("%-34s %12s   promised %-12s %-7s %s\n", f.what, f.measured, f.promised, verdict, fmt.Sprintf(more, args...))
}
