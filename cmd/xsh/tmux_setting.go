package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/tmuxwords"
)

// tmuxWordsSetting is the setting by which the programs of new sessions find a command
// tmux that is xsh.
var tmuxWordsSetting = setting{
	key: "tmux_words", want: "true or false", def: "false", help: "in a new session tmux is xsh tmux, for tools",
	set:  func(c *config, value any) error { return setTruth(&c.TmuxWords, value) },
	near: nearTruth,
	get:  func(c config) string { return strconv.FormatBool(c.TmuxWords) },
}

// tmuxFlag is the flag --tmux-words, over the setting.
type tmuxFlag struct{ choiceFlag }

func (f *tmuxFlag) add(cmd *cobra.Command) {
	f.choiceFlag = choiceFlag{what: "value of --tmux-words", choices: []string{"true", "false"}}
	cmd.Flags().Var(&f.choiceFlag, "tmux-words", "the session's programs find xsh tmux as their tmux; =false not")
	cmd.Flags().Lookup("tmux-words").NoOptDefVal = "true"
}

// tmuxPane is what a new session that takes words is in the eyes of tmux; the zero one
// is a tmux session of its own.
type tmuxPane struct {
	server  string
	session uint64 // the number of the tmux session; 0 is the pane's own
}

// tmuxDir is where xsh tmux keeps what its words leave, and in bin the command tmux.
func tmuxDir(p paths.Paths) string { return filepath.Join(p.Dir, "tmux") }

func tmuxBin(p paths.Paths) string { return filepath.Join(tmuxDir(p), "bin") }

// tmuxServer returns which tmux server $TMUX names, if it is one of ours: its socket
// would be below our own socket, so that a real tmux can neither reach nor make it.
func (a *app) tmuxServer(p paths.Paths) (name string, ours bool) {
	socket := a.getenv("TMUX")
	for range 2 { // behind it stand the server's pid and the session's number
		socket = socket[:max(0, strings.LastIndexByte(socket, ','))]
	}
	return filepath.Base(socket), socket != "" && filepath.Dir(socket) == p.Socket
}

// tmuxEnvironment returns the environment of a new session: with what its programs need
// to say words to tmux, if they are to, and without it if they are not. A session that
// was asked for by a program that has it gets it as well: in a tmux all panes do.
func (a *app) tmuxEnvironment(o *newOptions, conf config, id string, env []string) (list []string, takesWords bool, err error) {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return nil, false, err
	}
	_, inside := a.tmuxServer(p)
	on := conf.TmuxWords || inside
	if o.TmuxWords.value != "" {
		on = o.TmuxWords.value == "true"
	}
	if !on && !inside {
		return env, false, nil
	}
	path := "/usr/local/bin:/usr/bin:/bin" // where there is none shells look there
	list = slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		if name == "PATH" {
			path = value
		}
		return name == "PATH" || name == "TMUX" || name == "TMUX_PANE" || name == "XSH_TMUX_BIN"
	})
	bin := tmuxBin(p)
	dirs := slices.DeleteFunc(filepath.SplitList(path), func(dir string) bool { return dir == bin })
	if !on {
		return append(list, "PATH="+strings.Join(dirs, ":")), false, nil
	}
	if err := p.MakeDir(); err != nil {
		return nil, false, fmt.Errorf("cannot use the runtime directory: %w", err)
	}
	if err := makeTmuxLink(bin); err != nil {
		return nil, false, fmt.Errorf("make a command tmux: %w", err)
	}
	pane, err := tmuxwords.PaneNumber(id)
	if err != nil {
		return nil, false, err
	}
	server := filepath.Join(p.Socket, cmp.Or(o.pane.server, tmuxwords.DefaultServer))
	return append(list,
		"PATH="+strings.Join(append([]string{bin}, dirs...), ":"),
		// The pid would be that of a server, which may be another one soon.
		fmt.Sprintf("TMUX=%s,0,%d", server, cmp.Or(o.pane.session, pane)),
		fmt.Sprintf("TMUX_PANE=%%%d", pane),
		"XSH_TMUX_BIN="+bin, // for login shells, whose files set PATH anew
	), true, nil
}

// makeTmuxLink makes sure that a directory has a link called tmux to this xsh, by the
// name under which it was called: behind that name is another release after an upgrade.
func makeTmuxLink(dir string) error {
	program, err := calledAs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	link := filepath.Join(dir, "tmux")
	if to, err := os.Readlink(link); err == nil && to == program {
		return nil
	}
	fresh := fmt.Sprintf("%s.%d", link, os.Getpid())
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(program, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, link) // others may be about to call it
}

// calledAs is the path by which this xsh was called; through the link in dir, where
// that leads.
func calledAs(dir string) (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	path, err := osexec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil && filepath.Dir(path) == dir {
		path, err = os.Readlink(path)
	}
	if err != nil || !sameFile(path, own) {
		return own, nil
	}
	return path, nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}
