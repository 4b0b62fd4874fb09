package local

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
)

// Shells get a script that marks their prompts and commands, so that others can
// wait for them and xsh run can run a command line. None of the user's files is
// touched: bash is started in posix mode, where it reads what ENV names, zsh with a
// ZDOTDIR of ours, fish with -C; each script undoes that first and reads the user's
// files as the shell would have.
//
//go:embed shell
var shellScripts embed.FS

// writeShellScripts writes the scripts to the handler's directory.
func writeShellScripts(dir string) error {
	for from, to := range map[string]string{"xsh.bash": "xsh.bash", "xsh.fish": "xsh.fish", "zshenv": "zsh/.zshenv"} {
		text, err := shellScripts.ReadFile("shell/" + from)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		// Renamed into place: a shell may be reading it.
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

// haveScripts makes sure that the scripts of this version are there: once, and again
// when somebody has cleaned up.
func (l *launcher) haveScripts() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scripts {
		if _, err := os.Stat(filepath.Join(l.cfg.ShellDir, "xsh.bash")); err == nil {
			return nil
		}
	}
	err := writeShellScripts(l.cfg.ShellDir)
	l.scripts = err == nil
	return err
}

// markShell has cmd, if it is an interactive shell that there is a script for,
// read that.
func (l *launcher) markShell(cmd *child.Command, opts exec.SessionOptions) {
	dir := l.cfg.ShellDir
	if as, _ := opts.ResourceData[DataPlainShell].(bool); as || dir == "" || !opts.TTY || len(cmd.Args) == 0 {
		return
	}
	name := filepath.Base(strings.TrimPrefix(cmd.Args[0], "-"))
	login := strings.HasPrefix(cmd.Args[0], "-")
	plain := true // with no arguments that say anything else than how to start
	norc := false
	for _, arg := range cmd.Args[1:] {
		switch arg {
		case "-l", "--login":
			login = true
		case "--norc":
			norc = name == "bash"
			plain = plain && norc
		case "-i":
		default:
			plain = false
		}
	}
	if !plain || name != "bash" && name != "zsh" && name != "fish" {
		return
	}
	if err := l.haveScripts(); err != nil {
		l.cfg.Logger.Warn("shells do not mark their prompts", "error", err)
		return
	}
	env := &cmd.Env
	setEnv(env, "XSH_SHELL_DIR", dir)
	switch name {
	case "bash":
		if old, ok := lookupEnv(*env, "ENV"); ok {
			setEnv(env, "XSH_BASH_ENV", old)
		}
		if _, ok := lookupEnv(*env, "HISTFILE"); !ok {
			setEnv(env, "HISTFILE", filepath.Join(lookup(*env, "HOME"), ".bash_history")) // posix mode has another
			setEnv(env, "XSH_BASH_HISTFILE", "1")
		}
		startup := "rc"
		switch {
		case login:
			startup = "login"
		case norc:
			startup = "none"
		}
		setEnv(env, "XSH_BASH_STARTUP", startup)
		setEnv(env, "ENV", filepath.Join(dir, "xsh.bash"))
		cmd.Args = slices.Insert(slices.Clone(cmd.Args), 1, "--posix")
	case "zsh":
		if old, ok := lookupEnv(*env, "ZDOTDIR"); ok {
			setEnv(env, "XSH_ZDOTDIR", old)
		}
		setEnv(env, "ZDOTDIR", filepath.Join(dir, "zsh"))
	case "fish":
		cmd.Args = append(slices.Clone(cmd.Args), "-C", fmt.Sprintf("source '%s'", strings.ReplaceAll(filepath.Join(dir, "xsh.fish"), "'", `\'`)))
	}
}

func lookupEnv(env []string, name string) (string, bool) {
	for _, pair := range slices.Backward(env) {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v, true
		}
	}
	return "", false
}

func setEnv(env *[]string, name, value string) {
	*env = slices.DeleteFunc(*env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	*env = append(*env, name+"="+value)
}
