package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// options is what a run is asked to do.
type options struct {
	xsh      string
	base     string        // another build of xsh; empty for none
	only     string        // names of rows, with commas; empty for all
	rounds   int           // of each row; 0 for the row's own number
	sessions int           // idle ones
	pause    time.Duration // before a key, at least; up to three times as long
	modules  string        // the directory of node_modules
}

// row measures one thing, or several that come from the same act, and prints
// each as a line of the table.
type row struct {
	name    string
	measure func(context.Context, *rig) error
}

var rows = []row{
	{"echo", echoIdle},
	{"busy", echoBesideFlood},
	{"quiet", echoBesideQuietFlood},
	{"interrupt", interrupt},
	{"attach", attach},
	{"history", attachWithHistory},
	{"detach", detach},
	{"new", create},
	{"ls", list},
	{"verbs", verbs},
	{"events", events},
	{"consoles", consoles},
	{"tools", tools},
	{"pick", picker},
	{"flooded", actBesideFlood},
	{"idle", idle},
	{"replaced", replaced},
	{"print", print100MB},
	{"unseen", printUnseen},
	{"waited", printWaited},
	{"kept", keptCost},
	{"recording", recording},
	{"buffer", buffer},
	{"model", model},
	{"replay", replay},
	{"rewind", rewind},
}

func main() {
	if len(os.Args) > 1 {
		if program, ok := programs[os.Args[1]]; ok {
			exitOn(program(os.Args[2:]))
			return
		}
	}
	// The reading of a terminal keeps a processor of Go's; signals need another.
	runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
	// A pipe that is closed must not leave servers behind either.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := run(ctx)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	o := options{}
	flag.StringVar(&o.xsh, "xsh", "bin/xsh", "`binary` to measure")
	flag.StringVar(&o.base, "base", "", "another `binary` of xsh to measure beside it")
	flag.StringVar(&o.only, "only", "", "measure these `rows` only: "+rowNames())
	flag.IntVar(&o.rounds, "n", 0, "`rounds` of each row (default: each row's own)")
	flag.IntVar(&o.sessions, "sessions", 1000, "idle sessions to weigh a server with")
	flag.DurationVar(&o.pause, "pause", 20*time.Millisecond, "least `time` before a key is typed, of up to three times as long")
	flag.StringVar(&o.modules, "modules", "internal/vt/testdata/golden", "`directory` that npm ci was run in")
	flag.Parse()
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if o.pause <= 0 {
		return errors.New("-pause must be more than 0")
	}
	for _, binary := range []*string{&o.xsh, &o.base} {
		if err := resolve(binary); err != nil {
			return err
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		ago1, _, _ := strings.Cut(string(load), " ")
		fmt.Printf("%d processors, load %s before the run\n", runtime.NumCPU(), ago1)
	}
	printHead(peerNames(o))
	var failed []error
	for _, row := range chosen {
		err := measure(ctx, o, row)
		if ctx.Err() != nil {
			return errors.New("told to end")
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", row.name, err))
		}
	}
	return errors.Join(failed...)
}

// measure runs a row on a rig of its own.
func measure(ctx context.Context, o options, row row) (err error) {
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	return row.measure(ctx, r)
}

func rowNames() string {
	var names []string
	for _, row := range rows {
		names = append(names, row.name)
	}
	return strings.Join(names, ", ")
}

// choose returns the rows that are named, all for no name.
func choose(names string) ([]row, error) {
	if names == "" {
		return rows, nil
	}
	known := map[string]row{}
	for _, row := range rows {
		known[row.name] = row
	}
	var chosen []row
	for name := range strings.SplitSeq(names, ",") {
		row, ok := known[strings.TrimSpace(name)]
		if !ok {
			return nil, fmt.Errorf("no row %q; there are %s", name, rowNames())
		}
		chosen = append(chosen, row)
	}
	return chosen, nil
}

// resolve makes a binary's name the path that the kernel gives a process of it.
func resolve(binary *string) error {
	if *binary == "" {
		return nil
	}
	path, err := filepath.Abs(*binary)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return fmt.Errorf("no xsh there: %w", err)
	}
	*binary = path
	return nil
}
