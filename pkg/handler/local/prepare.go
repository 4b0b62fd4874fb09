package local

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
)

// prepare returns the command of a session, without its files.
func (l *launcher) prepare(opts exec.SessionOptions) (child.Command, error) {
	around, err := surroundings(opts.ResourceData)
	if err != nil {
		return child.Command{}, err
	}
	client := texts(opts.ResourceData[DataEnv])
	dir, err := directory(opts, client)
	if err != nil {
		return child.Command{}, err
	}
	cmd := child.Command{Dir: dir, Env: environment(opts, client, dir, l.cfg), Args: opts.Command, Surroundings: around}
	if len(opts.Command) == 0 {
		cmd.Path = loginShell(client)
		// A dash before the name is how login(1) asks for a login shell.
		cmd.Args = []string{"-" + filepath.Base(cmd.Path)}
		return cmd, nil
	}
	name := opts.Command[0]
	if path, _ := opts.ResourceData[DataPath].(string); path != "" {
		name = path
	}
	cmd.Path, err = lookPath(name, dir, lookup(client, "PATH"))
	return cmd, err
}

// environment is the client's, with what tells a program that it is in a
// session and where, and without what would tell it of another terminal's size.
func environment(opts exec.SessionOptions, client []string, dir string, cfg Config) []string {
	own := map[string]string{
		"XSH_SESSION":    opts.Name,
		"XSH_SESSION_ID": opts.ID,
		"XSH_SOCKET":     cfg.Socket,
		"PWD":            dir,
		"LINES":          "",
		"COLUMNS":        "",
	}
	if agent, _ := opts.ResourceData[DataAgent].(bool); agent && AgentPath(cfg.ShellDir, opts.ID) != "" {
		own["SSH_AUTH_SOCK"] = AgentPath(cfg.ShellDir, opts.ID)
	}
	if term := lookup(client, "TERM"); opts.TTY && (term == "" || term == "dumb" || term == "unknown") {
		own["TERM"] = "xterm-256color"
		own["COLORTERM"], own["TERM_PROGRAM"], own["TERM_PROGRAM_VERSION"] = "", "", ""
	}
	values := make(map[string]string, len(client)+len(own))
	var names []string // in their order
	for _, pair := range client {
		name, value, ok := strings.Cut(pair, "=")
		if _, mine := own[name]; !ok || mine {
			continue
		}
		if _, again := values[name]; !again {
			names = append(names, name)
		}
		values[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if own[name] != "" {
			names = append(names, name)
			values[name] = own[name]
		}
	}
	env := make([]string, 0, len(names))
	for _, name := range names {
		env = append(env, name+"="+values[name])
	}
	return env
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

// startError says which command could not be started.
func startError(path string, err error) error {
	if errors.Is(err, unix.EAGAIN) {
		return &exec.ExecError{
			Err:        fmt.Errorf("cannot start %q: there are as many processes as the system allows: %w", path, err),
			Suggestion: "end some, or raise the limit (ulimit -u)",
		}
	}
	return fmt.Errorf("start %q: %w", path, err)
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
