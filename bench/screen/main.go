// Command screen measures what the screen model promises: how fast it is
// beside xterm.js, what its history costs, how soon an attach shows the screen
// beside tmux, and what a flood costs that nobody looks at. Each figure is the
// median of several runs, and where it is a ratio both sides were measured in
// turn. What the machine lacks (node with @xterm/headless, tmux) is left out
// with a line that says so.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	args := append(os.Args[1:], "")
	var err error
	switch args[0] {
	case floodVerb:
		err = floodMain(os.Args[2:])
	case fillVerb:
		err = fillMain(os.Args[2:])
	default:
		err = run(os.Args[1:], os.Stdout, os.Stderr)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	xsh     string // the binary
	modules string // where node_modules is
	runs    int
	flood   int // MB
	only    string
}

// figures are measured in this order.
var figures = []struct {
	name    string
	measure func(options, *report) error
}{
	{"model", model},
	{"history", history},
	{"attach", attach},
	{"flood", flood},
}

func run(args []string, stdout, stderr io.Writer) error {
	var o options
	f := flag.NewFlagSet("screen", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.xsh, "xsh", "bin/xsh", "the `binary` to measure")
	f.StringVar(&o.modules, "modules", "internal/vt/testdata/golden", "the `directory` that npm ci was run in")
	f.IntVar(&o.runs, "runs", 3, "how often to measure each")
	f.IntVar(&o.flood, "flood", 300, "how many `MB` a program prints in each run")
	f.StringVar(&o.only, "only", "", "measure these `figures` alone: model, history, attach, flood")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if o.xsh, err = filepath.Abs(o.xsh); err != nil {
		return err
	}
	r := &report{w: stdout}
	for _, fig := range figures {
		if o.only != "" && !strings.Contains(o.only, fig.name) {
			continue
		}
		if err := fig.measure(o, r); err != nil {
			return fmt.Errorf("%s: %w", fig.name, err)
		}
	}
	return nil
}
