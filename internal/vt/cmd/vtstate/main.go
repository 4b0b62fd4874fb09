// Command vtstate feeds bytes to the screen model and prints what it holds, so
// that it can be compared with any other terminal. It is a tool for tests and
// measurements; nothing of xsh calls it.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/xsh-project/xsh/internal/termreset"
	"github.com/xsh-project/xsh/internal/vt"
)

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vtstate:", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	size       vt.Size
	scrollback int
	resizes    resizeList
	cut        int
	replay     bool
	history    int
	leave      bool
	frame      bool
	lost       bool
	bench      benchAmount
	replies    bool
	runs       bool
}

// resizeList is the sizes that the terminal takes on, by offset.
type resizeList []resize

type resize struct {
	offset int
	size   vt.Size
}

func (l *resizeList) String() string { return "" }

func (l *resizeList) Set(s string) error {
	var r resize
	if _, err := fmt.Sscanf(s, "%d:%dx%d", &r.offset, &r.size.Rows, &r.size.Cols); err != nil {
		return fmt.Errorf("want OFFSET:ROWSxCOLS: %w", err)
	}
	*l = append(*l, r)
	return nil
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("vtstate", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.size.Rows, "rows", 24, "rows of the terminal")
	f.IntVar(&o.size.Cols, "cols", 80, "columns of the terminal")
	f.IntVar(&o.scrollback, "scrollback", vt.DefaultScrollback, "lines of history, 0 for none")
	f.Var(&o.resizes, "resize", "`OFFSET:ROWSxCOLS`: take this size there; may be repeated")
	f.IntVar(&o.cut, "cut", -1, "stop after so many bytes")
	f.BoolVar(&o.replay, "replay", false, "print the bytes that an attaching terminal is sent")
	f.IntVar(&o.history, "history", 0, "with -replay: lines of history to send, 0 for all, -1 for none")
	f.BoolVar(&o.leave, "leave", false, "print the bytes that put the user's terminal back at detach")
	f.BoolVar(&o.frame, "frame", false, "print the frame that a client of this size is sent; with -leave, what it is sent at detach")
	f.BoolVar(&o.lost, "lost", false, "print what a client writes whose server is gone")
	f.Var(&o.bench, "bench", "write the input again and again and print MB per CPU second; -bench=200 for as many MB")
	f.BoolVar(&o.replies, "replies", false, "tell what was answered to queries")
	f.BoolVar(&o.runs, "scrollback-runs", false, "tell the styles of the scrollback too")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	sort.SliceStable(o.resizes, func(i, j int) bool { return o.resizes[i].offset < o.resizes[j].offset })
	return o, nil
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	input, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	if o.cut >= 0 && o.cut < len(input) {
		input = input[:o.cut]
	}
	if o.bench > 0 {
		return bench(stdout, input, o)
	}
	var replies []byte
	t := newTerminal(o, &replies)
	feed(t, input, o.resizes)
	s := t.Snapshot()
	out := bufio.NewWriter(stdout)
	switch {
	case o.lost:
		out.WriteString(termreset.Lost())
	case o.frame:
		out.Write(frame(s, o.leave))
	case o.replay:
		out.WriteString(termreset.Begin)
		out.Write(s.AppendReplay(nil, vt.ReplayOptions{History: o.history}))
	case o.leave:
		out.Write(s.AppendLeave(nil))
		out.WriteString(termreset.End)
	default:
		if err := printState(out, s, o, replies); err != nil {
			return err
		}
	}
	return out.Flush()
}

// frame returns the first frame of a snapshot, or what undoes it.
func frame(s *vt.Snapshot, leave bool) []byte {
	r := vt.NewRenderer(s.Size(), vt.FrameCaps{})
	drawn := r.AppendFrame([]byte(termreset.Begin), s)
	if leave {
		return append(r.AppendLeave(nil), termreset.End...)
	}
	return drawn
}

func newTerminal(o options, replies *[]byte) *vt.Terminal {
	cfg := vt.Config{Scrollback: o.scrollback}
	if o.scrollback == 0 {
		cfg.Scrollback = -1
	}
	cfg.Effects.Reply = func(answer []byte) { *replies = append(*replies, answer...) }
	return vt.New(o.size, cfg)
}

// feed writes the input, changing the size where it is due.
func feed(t *vt.Terminal, input []byte, resizes resizeList) {
	pos := 0
	for _, r := range resizes {
		if r.offset > len(input) {
			break
		}
		t.Write(input[pos:max(pos, r.offset)])
		pos = max(pos, r.offset)
		t.Resize(r.size)
	}
	t.Write(input[pos:])
}

func printState(w io.Writer, s *vt.Snapshot, o options, replies []byte) error {
	d := s.Describe(o.runs)
	if o.replies {
		d["replies"] = string(latin1(replies))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

// latin1 makes each byte the character of that number.
func latin1(b []byte) []rune {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return r
}
