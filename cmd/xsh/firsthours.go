package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// firstAttach returns a line that tells how to leave a session and come back,
// the first time that this user attaches to anything, and "" after that. A file
// beside the log remembers it; where none can be kept nothing is told.
func (a *app) firstAttach(c config, key client.DetachKey, session string) string {
	p, err := paths.Find(a.getenv)
	if err != nil || !c.Hints {
		return ""
	}
	name := filepath.Join(filepath.Dir(p.Log), "attached-before")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return ""
	}
	f.Close()
	leave := key.String() + " leaves"
	switch leave {
	case client.DefaultDetachKey + " leaves":
		leave = `Ctrl-\ twice leaves`
	case "none leaves":
		leave = "xsh detach leaves"
	}
	return fmt.Sprintf("%s; xsh attach %s comes back", leave, harmless(session))
}

// withShellHint is the error of a session that could not start its command. One
// that a shell should have read is told as such.
func withShellHint(err error, name string, command []string) error {
	var e *exec.ExecSessionError
	if len(command) != 1 || !strings.ContainsAny(command[0], " \t\n;|&<>$`()*?\"'") {
		return err
	}
	if !errors.As(err, &e) || e.Code != exec.ErrCodeTerminalError || !strings.Contains(e.Message, "no such command") {
		return err
	}
	if name != "" {
		name += " "
	}
	return withHint(err, "a shell reads such a line: xsh new "+name+"-- sh -c "+harmless(shellQuoted(command[0])))
}

// shellQuoted is text as a shell reads it back.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
