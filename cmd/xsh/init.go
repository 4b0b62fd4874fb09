package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

func newInitCommand(a *app) *cobra.Command {
	var login string
	cmd := &cobra.Command{
		Use:   "init SHELL",
		Short: "Print what a shell's startup file wants of xsh, in one",
		Long: `Print a script for the end of the startup file of an interactive bash, zsh or
fish: it completes xsh's commands, and the prompt tells which session you are
in. (Shells that xsh starts mark their prompts and commands without it.)

With --login NAME the shell becomes the session NAME, which is started if need
be, and ends with it. It steps aside where that makes no sense: in a shell that
is not interactive, as of scp and rsync, without a terminal, and inside a
session. Where xsh cannot attach you are in the shell that you would have
without it.
` + localCodesHelp,
		Example: `  eval "$(xsh init bash)"                at the end of ~/.bashrc
  eval "$(xsh init zsh --login main)"    at the end of ~/.zshrc
  xsh init fish | source                 in ~/.config/fish/config.fish`,
		Args:      args(cobra.ExactArgs(1), "one SHELL: bash, zsh or fish"),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE:      func(cmd *cobra.Command, list []string) error { return runInit(a, cmd.Root(), list[0], login) },
	}
	cmd.Flags().StringVar(&login, "login", "", "have the shell become the session `NAME`")
	return cmd
}

// The parts of the scripts; NAME stands for the session's name. A shell may read
// its startup file twice.
const (
	posixPrompt = `
if [ -n "$XSH_SESSION" ]; then
    case $PS1 in
    "[$XSH_SESSION] "*) ;;
    *) PS1="[$XSH_SESSION] $PS1" ;;
    esac
fi
`
	posixLogin = `
if [ -t 0 ] && [ -t 1 ] && [ -z "$XSH_SESSION" ] && [ -z "$BASH_EXECUTION_STRING$ZSH_EXECUTION_STRING" ]; then
    xsh new -A NAME
    __xsh_code=$?
    [ $__xsh_code -lt 254 ] && exit $__xsh_code
    unset __xsh_code
fi
`
	fishPrompt = `
    if set -q XSH_SESSION; and not functions -q __xsh_prompt_before
        functions -c fish_prompt __xsh_prompt_before
        function fish_prompt
            printf '[%s] ' $XSH_SESSION
            __xsh_prompt_before
        end
    end
`
	fishLogin = `
    if test -t 0; and test -t 1; and not set -q XSH_SESSION
        xsh new -A NAME
        set -l code $status
        test $code -lt 254; and exit $code
    end
`
)

func runInit(a *app, root *cobra.Command, shell, login string) error {
	if err := exec.CheckName(login); login != "" && err != nil {
		return &usageError{err}
	}
	var out bytes.Buffer
	var err error
	prompt, loginPart := posixPrompt, posixLogin
	switch shell {
	case "bash":
		out.WriteString("if [[ $- == *i* ]]; then\n")
		err = writeBash(root, &out)
	case "zsh":
		out.WriteString("if [[ -o interactive ]]; then\nif (( $+functions[compdef] )); then\n")
		err = root.GenZshCompletion(&out)
		out.WriteString("\nfi\n")
	case "fish":
		prompt, loginPart = fishPrompt, fishLogin
		out.WriteString("if status is-interactive\n")
		err = root.GenFishCompletion(&out, true)
	default:
		err = usagef("no such shell %q: want bash, zsh or fish", shell)
	}
	if err != nil {
		return err
	}
	out.WriteString(prompt)
	if login != "" {
		out.WriteString(strings.ReplaceAll(loginPart, "NAME", login))
	}
	if shell == "fish" {
		out.WriteString("end\n")
	} else {
		out.WriteString("fi\n")
	}
	_, err = io.Copy(a.out, &out)
	return err
}

// steppedAside is the variable that tells, as PID:TIMES, which process became a shell by
// stepAside, and how often.
const steppedAside = "XSH_STEPPED_ASIDE"

// withoutFiles are the flags with which shells read no startup file.
var withoutFiles = map[string][]string{
	"bash": {"--norc"}, "zsh": {"-f"}, "fish": {"--no-config"}, "ksh": {"-E"}, "mksh": {"-E"},
}

// stepAside becomes the user's shell in place of an attach that makes no sense,
// inside a session, if this process is a terminal's first: the shell that was there
// has given itself up for xsh, as "exec xsh new -A main" in its startup file has it.
// It returns only if it does not.
//
// Where the line stands in a file that each shell reads, such as ~/.bashrc, the new
// shell gives itself up again, for ever: the second time it comes without that file.
func (a *app) stepAside() {
	pid := os.Getpid()
	if id, err := unix.Getsid(0); err != nil || id != pid {
		return
	}
	args := []string{cmp.Or(a.getenv("SHELL"), "/bin/sh")}
	times := 1
	if before, ok := strings.CutPrefix(a.getenv(steppedAside), fmt.Sprintf("%d:", pid)); ok {
		n, _ := strconv.Atoi(before)
		times += n
	}
	switch {
	case times > 2:
		return
	case times == 2:
		args = append(args, withoutFiles[filepath.Base(args[0])]...)
		fmt.Fprintf(a.err, "xsh: a startup file that each %s reads gives it up for xsh, also inside a session: this one reads none\n", harmless(filepath.Base(args[0])))
		fmt.Fprintf(a.err, "xsh: hint: xsh help init shows a line that steps aside by itself\n")
	}
	env := append(os.Environ(), fmt.Sprintf("%s=%d:%d", steppedAside, pid, times))
	if err := syscall.Exec(args[0], args, env); err != nil {
		fmt.Fprintf(a.err, "xsh: no shell in its place: %s: %v\n", harmless(args[0]), err)
	}
}

// startupHint is what to do about an attach without a terminal that may stand in a
// shell's startup file. What that shell was to run is not known any more, since exec
// took its place, and its standard input may be data: to start another on that would
// run data as commands. So the line in the file has to let such shells pass.
const startupHint = "in a startup file, let shells pass that are not interactive: case $- in *i*) exec xsh new -A main;; esac"
