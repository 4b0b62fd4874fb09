package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

type runOptions struct {
	Wait    bool
	Raw     bool
	Timeout time.Duration
	Detach  bool
	Once    bool
}

func newRunCommand(a *app) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run NAME|--rm -- COMMAND...",
		Short: "Run a command line in a session's shell",
		Long: `Run a command line in the shell of a session, as if it was typed there: the
words with a blank between, which may have several lines. Its output is printed
as plain text, and its status is the exit code. It goes into no history of the
shell.

The shell must be at its prompt, and be a bash, zsh or fish that xsh started: it
gets a script that marks where a command begins and ends, so that no
output can be taken for the end.

-d returns when the command has begun, and prints an ID that xsh wait takes.
--rm takes no NAME: the command line runs in a session of its own, in a plain sh
that reads no startup files, and nothing is left of it.
` + refsHelp + `

Exit codes: the command's own, 1 failure, 2 usage, 124 the time was over, 254 it
is not known how the command ended.`,
		Example: `  xsh run web -- git status --short
  xsh run web -- 'cd src && make'
  xsh run web --timeout 5m -- make test
  id=$(xsh run -d web -- make) && xsh wait "$id"
  xsh run --rm -- 'make 2>&1 | tail'`,
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE: func(cmd *cobra.Command, list []string) error {
			line := strings.Join(list, " ")
			switch {
			case o.Once && (o.Wait || o.Detach):
				return usagef("--rm does not go with --wait and -d")
			case o.Once && len(list) > 0 && cmd.ArgsLenAtDash() > 0:
				return usagef("--rm takes no NAME")
			case o.Once:
				return runOnce(cmd.Context(), a, o, line)
			case len(list) < 2:
				return withHint(usagef("xsh run takes NAME and a command line"), "xsh run --help shows how")
			}
			return runRun(cmd.Context(), a, o, list[0], strings.Join(list[1:], " "))
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.Wait, "wait", false, "wait until the shell is at its prompt")
	f.BoolVarP(&o.Detach, "detach", "d", false, "return when the command has begun, and print an ID for xsh wait")
	f.BoolVar(&o.Once, "rm", false, "in a session of its own, which is forgotten after")
	f.BoolVar(&o.Raw, "raw", false, "print the output as it was printed, with its control sequences")
	f.DurationVar(&o.Timeout, "timeout", 0, "give up after this `TIME`, such as 30s; the command goes on; 0 is never")
	return cmd
}

// shellDir is where shells find their scripts, and the command lines to run.
func shellDir(p paths.Paths) string { return filepath.Join(p.Dir, "shell") }

func runRun(ctx context.Context, a *app, o *runOptions, name, line string) error {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	if err := checkLine(line); err != nil {
		return err
	}
	a.catchSignals()
	return a.one(ctx, name, func(c *client.Client, name string) error {
		s, err := c.GetSession(request(ctx), name)
		if err != nil {
			return err
		}
		if o.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.Timeout)
			defer cancel()
		}
		r := &running{c: c, session: s, dir: shellDir(p), out: newLogPrinter(a.out, nil, o.Raw, false)}
		if !o.Detach {
			return r.run(ctx, line, o.Wait)
		}
		r.detached = true
		if err := r.run(ctx, line, o.Wait); err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, runID{s.ID, r.nonce})
		return err
	})
}

// checkLine refuses what is no command line.
func checkLine(line string) error {
	if strings.Contains(line, "\x00") || strings.TrimSpace(line) == "" {
		return usagef("no command line to run")
	}
	return nil
}

// running is a command line that runs in a session.
type running struct {
	c       exec.Driver
	session *exec.Session
	dir     string
	out     io.WriteCloser
	nonce   string
	begin   int64 // the offset of the first that it prints, once it has begun

	detached bool // nobody follows what the command prints
}

// takeKey is the key on which the shells' scripts take a command line; then Enter.
const takeKey = "\x1b[5911~"

// beginWait is how long a shell may take to begin with a command line.
const beginWait = 2 * time.Second

var errNotBegun = errors.New("the shell does not begin with the command line")

var errUnknownEnd = errors.New("it is not known how the command ended")

func (r *running) run(ctx context.Context, line string, wait bool) error {
	if err := r.atPrompt(ctx, wait); err != nil {
		return err
	}
	nonce := make([]byte, 16)
	rand.Read(nonce)
	r.nonce = hex.EncodeToString(nonce)
	file := filepath.Join(r.dir, r.session.ID+".run")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return withHint(fmt.Errorf("session %q: another command line is about to run", r.session.Name), "if there is none, remove "+file)
	} else if err != nil {
		return noMarks(r.session.Name)
	}
	defer os.Remove(file)
	_, err = f.WriteString(r.nonce + "\n" + line)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	typed, err := r.c.Type(request(ctx), r.session.ID, exec.Input{Text: []byte(takeKey)}, exec.Input{Text: []byte("\r")})
	if err != nil {
		return err
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	logs, err := r.c.Logs(reading, r.session.ID, exec.LogsOptions{From: &typed.Offset, Follow: true, Whole: true})
	if err != nil {
		return err
	}
	defer logs.Close()
	begun := make(chan struct{})
	go r.interrupt(reading, begun, stop) // ends with reading
	status, err := r.follow(reading, logs, func() {
		close(begun)
		os.Remove(file)
	})
	switch {
	case errors.Is(err, errNotBegun), errors.Is(context.Cause(reading), errNotBegun):
		return withHint(fmt.Errorf("session %q: %w", r.session.Name, errNotBegun), "it may be wrong or have no end, as where a quotation mark is open; xsh capture shows what the shell said")
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return fmt.Errorf("session %q: interrupted; the command goes on", r.session.Name)
	case errors.Is(err, context.DeadlineExceeded):
		return &codedError{codeTimeout, fmt.Errorf("session %q: the command still runs", r.session.Name)}
	case errors.Is(err, io.EOF):
		return &codedError{codeLost, fmt.Errorf("session %q ended: %w", r.session.Name, errUnknownEnd)}
	case err != nil:
		return &codedError{codeLost, err}
	case status != 0:
		return &codedError{code: status}
	}
	return nil
}

// atPrompt makes sure that the shell can take a command line.
func (r *running) atPrompt(ctx context.Context, wait bool) error {
	switch {
	case wait:
		return awaitPrompt(ctx, r.c, r.session.ID)
	case r.session.Shell == exec.ShellPrompt:
		return nil
	case r.session.Shell == exec.ShellCommand:
		return withHint(fmt.Errorf("session %q: the shell is not at its prompt", r.session.Name), "--wait waits for it")
	}
	// It has just started, or is between a command's end and its prompt.
	ctx, cancel := context.WithTimeout(ctx, promptWait)
	defer cancel()
	if err := awaitPrompt(ctx, r.c, r.session.ID); errors.Is(err, context.DeadlineExceeded) {
		return noMarks(r.session.Name)
	} else {
		return err
	}
}

// promptWait is how long a shell that does nothing may take to come to its prompt.
const promptWait = 3 * time.Second

func noMarks(name string) error {
	return withHint(fmt.Errorf("session %q: its program is no shell that marks its prompts, or it has not come to one", name),
		"xsh run needs a bash, zsh or fish that xsh started; --wait waits for its prompt")
}

// interrupt gives up a command line that the shell does not begin with, because it
// has no end: a quotation mark that is open.
func (r *running) interrupt(ctx context.Context, begun <-chan struct{}, stop context.CancelCauseFunc) {
	for _, do := range []func(){
		func() { r.c.Type(request(ctx), r.session.ID, exec.Input{Key: "C-c"}) },
		func() { stop(errNotBegun) },
	} {
		select {
		case <-begun:
			return
		case <-ctx.Done():
			return
		case <-time.After(beginWait):
			do()
		}
	}
}

// aheadChunks is how many chunks of output are taken from the server before they
// are printed: a ring that holds less than what comes at once is not to lose any
// because printing takes its time.
const aheadChunks = 256

type logChunk struct {
	data   []byte
	offset int64
	err    error
}

// readAhead reads a log to its end, which is when its context ends at the latest.
func readAhead(ctx context.Context, logs *exec.Logs) <-chan logChunk {
	chunks := make(chan logChunk, aheadChunks)
	go func() {
		for {
			data, offset, _, err := logs.Next()
			select {
			case chunks <- logChunk{data, offset, err}:
			case <-ctx.Done():
				if err == nil {
					err = ctx.Err()
				}
			}
			if err != nil {
				close(chunks)
				return
			}
		}
	}()
	return chunks
}

// ownMark finds a mark that the shell's script made for some run.
var ownMark = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\x1b\]133;([CD])(?:;(\d+))?;xsh=([0-9a-f]{32})\x07`)
})

// longestMark is more than any of those takes.
const longestMark = 64

// follow prints what the command prints, between the marks with the nonce of this
// run, which no output can know.
func (r *running) follow(ctx context.Context, logs *exec.Logs, begun func()) (status int, err error) {
	var held []byte
	began := false
	chunks := readAhead(ctx, logs)
	for {
		c, more := <-chunks
		if !more {
			return 0, ctx.Err()
		}
		data, err := c.data, c.err
		if err != nil {
			return 0, err
		}
		held = append(held, data...)
		end := c.offset + int64(len(data))
		for {
			at := ownMark().FindSubmatchIndex(held)
			if at == nil {
				break
			}
			before, kind, ours := held[:at[0]], held[at[2]], string(held[at[6]:at[7]]) == r.nonce
			if began {
				if _, err := r.out.Write(before); err != nil {
					return 0, err
				}
			}
			switch {
			case !ours:
			case kind == 'C' && !began:
				began, r.begin = true, end-int64(len(held)-at[1])
				begun()
				if r.detached {
					return 0, nil
				}
			case kind == 'D':
				status, _ = strconv.Atoi(string(held[at[4]:at[5]]))
				if !began {
					return 0, errNotBegun
				}
				return status, r.out.Close()
			}
			held = held[at[1]:]
		}
		// The beginning of a mark may be at the end.
		keep := len(held)
		if i := bytes.LastIndexByte(held, 0x1b); i >= 0 && len(held)-i < longestMark {
			keep = i
		}
		if began {
			if _, err := r.out.Write(held[:keep]); err != nil {
				return 0, err
			}
		}
		held = append([]byte(nil), held[keep:]...)
	}
}
