package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// The exit codes, beside a program's own.
const (
	codeFailed   = 1
	codeUsage    = 2
	codeTimeout  = 124
	codeLost     = 254
	codeNoAttach = 255
	// Of a command that does not ask the server.
	localCodesHelp = `
Exit codes: 0 done, 1 failure, 2 usage.`
	exitCodesHelp = `
Exit codes: 0 done, 1 failure, 2 usage, 124 the server did not answer in time.`
	attachCodesHelp = `
Exit codes: 0 detached, the program's own status if it ends while attached
(128 plus the signal's number if one ended it), 2 usage, 254 connection lost
or detached by somebody else, 255 could not attach, whatever the reason;
xsh new -d that fails gives 1.`
)

// usageError is a call that the grammar has no meaning for.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hintedError carries what the user can do next.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

func withHint(err error, hint string) error { return &hintedError{err, hint} }

// codedError ends the command with an exit code of its own; err is nil where
// there is nothing to say.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}
func (e *codedError) Unwrap() error { return e.err }

// report says what went wrong and returns the exit code.
func report(w io.Writer, err error) int {
	var coded *codedError
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		if coded.err != nil {
			say(w, coded.err)
		}
		return coded.code
	case errors.As(err, &usage):
		say(w, err)
		return codeUsage
	case isFlagError(err): // of a flag before a command's name
		return report(w, flagError(&cobra.Command{Use: "xsh"}, err))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, client.ErrNoAnswer):
		say(w, err)
		return codeTimeout
	default:
		say(w, err)
		return codeFailed
	}
}

// attaches gives the errors of a command that attaches, unless told not to by
// --detach, their exit code. What has none of its own and is not a wrong call
// kept the command from attaching: it must not look like the program's end.
func attaches(cmd *cobra.Command) *cobra.Command {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		err := run(cmd, list)
		if detached, _ := cmd.Flags().GetBool("detach"); err == nil || detached {
			return err
		}
		return noAttachCode(err)
	}
	return cmd
}

func noAttachCode(err error) error {
	var coded *codedError
	var usage *usageError
	if errors.As(err, &coded) || errors.As(err, &usage) {
		return err
	}
	return &codedError{codeNoAttach, err}
}

// say prints an error as every message of xsh looks, and its hint.
func say(w io.Writer, err error) {
	fmt.Fprintf(w, "xsh: %s\n", harmless(words(err)))
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(w, "xsh: hint: %s\n", hint)
	}
}

// words is the text of err for people: an error of the API tells its code and
// its session beside a message that names the session already.
func words(err error) string {
	text := err.Error()
	var e *exec.ExecSessionError
	for rest := err; errors.As(rest, &e); rest = e.Err {
		said := e.Message
		if said == "" && e.Err == nil {
			said = strings.ToLower(strings.ReplaceAll(e.Code.String(), "_", " "))
		} else if said == "" {
			said = e.Err.Error()
		}
		text = strings.Replace(text, e.Error(), said, 1)
	}
	return text
}

// hintFor is the one place that knows what to do about an error.
func hintFor(err error) string {
	var hinted *hintedError
	var unsafe *paths.UnsafeDirError
	var failed *exec.ExecError
	switch {
	case errors.As(err, &hinted):
		return hinted.hint
	case errors.As(err, &failed) && failed.Suggestion != "":
		return harmless(failed.Suggestion)
	case errors.Is(err, exec.ErrSessionNotFound):
		return "xsh ls -a lists the sessions"
	case errors.Is(err, exec.ErrKeyboardHeld):
		return "try again when they pause; who attaches with --share-keyboard lets others type"
	case errors.As(err, &unsafe):
		return "set XSH_DIR to a directory of your own with mode 0700, or mend this one"
	case errors.Is(err, paths.ErrSocketTooLong):
		return "set XSH_DIR to a shorter path"
	case errors.Is(err, rawtty.ErrNotTerminal):
		return "run xsh in a terminal; xsh new -d starts a session without one"
	case errors.Is(err, client.ErrNoServer):
		return "xsh new starts a session, and a server with it"
	case errors.Is(err, client.ErrOldServer):
		return "stop it with the xsh that started it; server.pid, beside its socket, tells its process"
	case errors.Is(err, client.ErrNotOurs):
		return "set XSH_DIR to a directory of your own with mode 0700"
	case errors.Is(err, client.ErrNoAnswer):
		return "it may be stopped or stuck; server.pid, beside its socket, tells its process"
	case errors.Is(err, exec.ErrHandlerNotFound):
		return "choose one with --on"
	case errors.Is(err, syscall.ENOSPC):
		return "make room on the disk"
	case errors.Is(err, fs.ErrPermission):
		return "check who owns it and what its mode is"
	default:
		return ""
	}
}
