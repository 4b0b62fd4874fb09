package local

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

// The keys of SessionOptions.ResourceData that the handler reads.
const (
	// DataDir is the directory to run in, a string; absent means the home
	// directory.
	DataDir = "dir"
	// DataEnv is the environment, a list of NAME=value strings. Of two with one
	// name the later counts.
	DataEnv = "env"
)

// prepare returns the command of a session, not started.
func (l *launcher) prepare(opts exec.SessionOptions) (*osexec.Cmd, error) {
	env := environment(opts, l.cfg.Socket)
	dir, err := directory(opts, env)
	if err != nil {
		return nil, err
	}
	if len(opts.Command) == 0 {
		shell := loginShell(env)
		// A dash before the name is how login(1) asks for a login shell.
		return &osexec.Cmd{Path: shell, Args: []string{"-" + filepath.Base(shell)}, Dir: dir, Env: env}, nil
	}
	path, err := lookPath(opts.Command[0], dir, lookup(env, "PATH"))
	if err != nil {
		return nil, err
	}
	return &osexec.Cmd{Path: path, Args: opts.Command, Dir: dir, Env: env}, nil
}

// environment is the client's, with what tells a program that it is in a
// session, and without what would tell it of another terminal's size.
func environment(opts exec.SessionOptions, socket string) []string {
	own := map[string]string{
		"XSH_SESSION":    opts.Name,
		"XSH_SESSION_ID": opts.ID,
		"XSH_SOCKET":     socket,
		"LINES":          "",
		"COLUMNS":        "",
	}
	var env []string
	for _, pair := range texts(opts.ResourceData[DataEnv]) {
		name, _, ok := strings.Cut(pair, "=")
		if _, mine := own[name]; ok && !mine {
			env = append(env, pair)
		}
	}
	if !opts.TTY {
		own["TERM"] = "" // as the client has it, or not at all
	} else if lookup(env, "TERM") == "" {
		own["TERM"] = "xterm-256color"
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if own[name] != "" {
			env = append(env, name+"="+own[name])
		}
	}
	return env
}

// texts returns the strings of a list, be it as a program that embeds the
// handler has it or as it comes over the wire.
func texts(list any) []string {
	if texts, ok := list.([]string); ok {
		return texts
	}
	var texts []string
	values, _ := list.([]any)
	for _, v := range values {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func lookup(env []string, name string) string {
	for _, pair := range slices.Backward(env) {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}

// directory returns where to run, and an error that a person understands if
// that cannot be.
func directory(opts exec.SessionOptions, env []string) (string, error) {
	dir, _ := opts.ResourceData[DataDir].(string)
	if dir == "" {
		dir = lookup(env, "HOME")
	}
	if dir == "" {
		dir = "/"
	}
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("no such directory %q", dir)
	case err != nil:
		return "", fmt.Errorf("directory %q: %w", dir, errors.Unwrap(err))
	case !st.IsDir():
		return "", fmt.Errorf("%q is not a directory", dir)
	}
	if err := unix.Access(dir, unix.X_OK); err != nil {
		return "", fmt.Errorf("directory %q: %w", dir, err)
	}
	return dir, nil
}

// lookPath finds a command as the client's shell would, by the client's PATH.
func lookPath(name, dir, path string) (string, error) {
	if strings.Contains(name, "/") {
		full := name
		if !filepath.IsAbs(full) {
			full = filepath.Join(dir, full)
		}
		if err := executable(full); err != nil {
			return "", commandError(name, err)
		}
		return full, nil
	}
	found := fs.ErrNotExist
	for _, in := range filepath.SplitList(path) {
		if !filepath.IsAbs(in) {
			in = filepath.Join(dir, in)
		}
		full := filepath.Join(in, name)
		err := executable(full)
		if err == nil {
			return full, nil
		}
		if errors.Is(err, fs.ErrPermission) && err != errDirectory {
			found = fs.ErrPermission
		}
	}
	return "", commandError(name, found)
}

func executable(path string) error {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		return errDirectory
	case st.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// errDirectory is fs.ErrPermission for a directory, which a search passes by.
var errDirectory = fmt.Errorf("is a directory: %w", fs.ErrPermission)

func commandError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no such command %q", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("command %q is not executable", name)
	default:
		return fmt.Errorf("command %q: %w", name, err)
	}
}

// startError says which command could not be started: os/exec names only the
// system call.
func startError(cmd *osexec.Cmd, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("start %q: %w", cmd.Path, err)
}

// loginShell returns the client's shell: $SHELL, else the one in the password
// file, else /bin/sh.
func loginShell(env []string) string {
	for _, shell := range []string{lookup(env, "SHELL"), passwdShell("/etc/passwd", os.Getuid())} {
		if filepath.IsAbs(shell) && executable(shell) == nil {
			return shell
		}
	}
	return "/bin/sh"
}

func passwdShell(file string, uid int) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		field := strings.Split(lines.Text(), ":")
		if len(field) == 7 && field[2] == strconv.Itoa(uid) {
			return field[6]
		}
	}
	return ""
}
