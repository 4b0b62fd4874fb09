package main

import (
	"flag"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// What a script keeps: its terminals by name, and the names of its variables.
type (
	termsKey struct{}
	envKey   struct{}
)

// termCommand is the script command
//
//	term NAME start [-rows R] [-cols C] [-mute | -late] COMMAND [ARG...]
//	                           -mute: what the command asks is answered later
//	                           -late: what it asks first is answered when more
//	                           output has come
//	term NAME type TEXT        TEXT with the escapes of a Go string, and \e
//	term NAME key KEY          as keys has them
//	term NAME expect REGEXP    wait for output, behind what was expected before
//	term NAME output           have the stdout command look at all output
//	term NAME shows REGEXP     wait until the text on the screen matches
//	term NAME screen           have the stdout command look at that text
//	term NAME same OTHER       wait until it shows the same as another terminal:
//	                           screens, history, cursor, modes, title, all
//	term NAME alike OTHER      the same but for the history
//	term NAME part OTHER       wait until it shows the part of the other's screen
//	                           that it has room for, with the cursor in it
//	term NAME plain            wait until its modes are those of a new terminal
//	term NAME title TEXT       wait until that is the window's title
//	term NAME answer           answer what was asked so far
//	term NAME resize RxC
//	term NAME signal SIGNAL    send the command one, such as TERM
//	term NAME hangup           close the terminal's window
//	term NAME exit CODE        wait until the command ends with CODE
//	[!] term NAME sane         the terminal is as the command found it
//
// Whatever waits does so for patience at most. A variable that setup has not
// made is given to COMMAND with env(1).
func termCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: term NAME VERB [ARG...]")
	}
	name, verb, args := args[0], args[1], args[2:]
	if neg && verb != "sane" {
		ts.Fatalf("unsupported: ! term %s", verb)
	}
	terms := ts.Value(termsKey{}).(map[string]*term)
	if verb == "start" {
		if old := terms[name]; old != nil {
			old.close()
		}
		t, err := startFromScript(ts, args)
		ts.Check(err)
		terms[name] = t
		return
	}
	t := terms[name]
	if t == nil {
		ts.Fatalf("there is no terminal %s", name)
	}
	if verb == "sane" {
		sane, err := t.sane()
		ts.Check(err)
		if sane == neg {
			ts.Fatalf("sane: %v", sane)
		}
		return
	}
	arg := ""
	if len(args) > 0 {
		arg = args[0]
	}
	ts.Check(t.do(ts, verb, arg))
}

func startFromScript(ts *testscript.TestScript, args []string) (*term, error) {
	f := flag.NewFlagSet("term start", flag.ContinueOnError)
	rows := f.Uint("rows", 24, "")
	cols := f.Uint("cols", 80, "")
	mute := f.Bool("mute", false, "")
	late := f.Bool("late", false, "")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	return startTerm(ts.MkAbs("."), environ(ts), uint16(*rows), uint16(*cols), *mute, *late, f.Args())
}

// environ is the script's environment: the variables that setup made, with
// the values that they have now.
func environ(ts *testscript.TestScript) []string {
	env := []string{"PWD=" + ts.MkAbs(".")}
	for _, name := range ts.Value(envKey{}).([]string) {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func (t *term) do(ts *testscript.TestScript, verb, arg string) error {
	switch verb {
	case "type":
		text, err := unescape(arg)
		if err != nil {
			return err
		}
		return t.write(text)
	case "key":
		text, ok := keys[arg]
		if !ok {
			return fmt.Errorf("unknown key %q", arg)
		}
		return t.write(text)
	case "expect":
		re, err := regexp.Compile(arg)
		if err != nil {
			return err
		}
		return t.expect(re)
	case "output":
		_, err := io.WriteString(ts.Stdout(), t.output())
		return err
	case "shows":
		re, err := regexp.Compile("(?m)" + arg)
		if err != nil {
			return err
		}
		return t.awaitScreen(nil, func() string { return t.lacks(re) })
	case "screen":
		_, err := io.WriteString(ts.Stdout(), t.text())
		return err
	case "same", "alike", "part":
		other := ts.Value(termsKey{}).(map[string]*term)[arg]
		if other == nil {
			return fmt.Errorf("there is no terminal %s", arg)
		}
		return t.awaitScreen(other, func() string { return comparisons[verb](t.snapshot(), other.snapshot()) })
	case "title":
		return t.awaitScreen(nil, func() string { return cmp.Diff(arg, t.snapshot().Title()) })
	case "plain":
		return t.awaitScreen(nil, func() string { return diffPlain(t.snapshot()) })
	case "answer":
		t.mu.Lock()
		answers := t.takeAnswers(true)
		t.mu.Unlock()
		return t.write(answers)
	case "resize":
		var rows, cols uint16
		if _, err := fmt.Sscanf(arg, "%dx%d", &rows, &cols); err != nil {
			return fmt.Errorf("size %q: %w", arg, err)
		}
		return t.resize(rows, cols)
	case "signal":
		n := unix.SignalNum("SIG" + arg)
		if n == 0 {
			return fmt.Errorf("unknown signal %q", arg)
		}
		return unix.Kill(t.pid, n)
	case "hangup":
		t.close()
		return nil
	case "exit":
		want, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		code, err := t.wait()
		if err == nil && code != want {
			err = fmt.Errorf("exit code %d, want %d; output:\n%q", code, want, t.output())
		}
		return err
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// keys are those that scripts press.
var keys = map[string]string{
	"detach":       "\x1c\x1c",
	"detach-kitty": "\x1b[92;5u\x1b[92;5u",       // the kitty keyboard protocol
	"detach-other": "\x1b[27;5;92~\x1b[27;5;92~", // xterm's modifyOtherKeys
	"quit":         "\x1c",
	"esc":          "\x1b",
}

// unescape reads text as it stands in a Go string, and \e for ESC.
func unescape(s string) (string, error) {
	s = strings.ReplaceAll(s, `\e`, `\x1b`)
	var b strings.Builder
	for len(s) > 0 {
		r, multibyte, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			return "", fmt.Errorf("text %q: %w", s, err)
		}
		if multibyte {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		s = rest
	}
	return b.String(), nil
}
