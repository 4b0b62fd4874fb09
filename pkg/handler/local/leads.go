package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A program in a session keeps the environment that it was started with, also when
// the user comes back from another terminal. SSH_AUTH_SOCK, DISPLAY and the like then
// name things of the old terminal, which may be gone. So whenever another client
// becomes the leader, the server writes two things beside the shells' scripts: a file
// with that client's variables, which shells read at their next prompt, and a symbolic
// link of a fixed name to that client's agent socket. Both stay when the server is
// killed.
// maxSocket is the longest path that a socket can be reached by.
const maxSocket = 103

// AgentPath is what SSH_AUTH_SOCK is in a session that follows its leader's agent: a
// symbolic link below dir, the Config's ShellDir, to the leader's own, which is not
// there while nobody leads. It is empty where no program could use it.
func AgentPath(dir, sessionID string) string {
	path := filepath.Join(dir, sessionID+".agent")
	if dir == "" || strings.Contains(sessionID, "/") || len(path) > maxSocket {
		return ""
	}
	return path
}

// variablesPath is the file of the variables that a session's shells are to take
// over: a line that changes with each leader, and then NAME=value or NAME.
func variablesPath(dir, sessionID string) string { return filepath.Join(dir, sessionID+".env") }

// leads implements exec.Handler's Leads.
func (l *launcher) leads(id string, env []string) {
	dir := l.cfg.ShellDir
	if dir == "" || strings.Contains(id, "/") {
		return
	}
	if err := lead(dir, id, env); err != nil {
		l.cfg.Logger.Warn("a session does not follow its leader's environment", "session", id, "error", err)
	}
}

func lead(dir, id string, env []string) error {
	link, file := AgentPath(dir, id), variablesPath(dir, id)
	if env == nil {
		return errors.Join(gone(link), gone(file))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintln(&text, time.Now().UnixNano())
	agent := ""
	for _, pair := range env {
		name, value, set := strings.Cut(pair, "=")
		if name == "SSH_AUTH_SOCK" {
			// Shells that have none get the name that stays.
			if set && filepath.IsAbs(value) && value != link && link != "" {
				agent = value
				fmt.Fprintln(&text, name+"="+link)
			}
			continue
		}
		fmt.Fprintln(&text, pair)
	}
	err := replace(file, func(path string) error { return os.WriteFile(path, []byte(text.String()), 0o600) })
	if agent == "" {
		return errors.Join(err, gone(link))
	}
	return errors.Join(err, replace(link, func(path string) error { return os.Symlink(agent, path) }))
}

// replace has make put something at a path beside name, and renames it into place:
// a shell or ssh may be about to open name.
func replace(name string, make func(path string) error) error {
	path := name + ".new"
	if err := gone(path); err != nil {
		return err
	}
	if err := make(path); err != nil {
		return err
	}
	return os.Rename(path, name)
}

// gone removes a file that need not be there.
func gone(name string) error {
	if err := os.Remove(name); name != "" && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
