package tmuxwords

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

// groupName is the name that a tmux session gets that is to be called so.
func groupName(text string) (string, error) {
	name := strings.NewReplacer(".", "_", ":", "_").Replace(text) // as tmux does
	if err := exec.CheckName(name); err != nil {
		return "", err
	}
	return name, selector.CheckValue(name)
}

func (c *call) newSession() error {
	switch {
	case !c.has('d'):
		return errors.New("new-session without -d is not understood: xsh attach shows a pane")
	case c.has('t'):
		return errors.New("new-session -t is not understood")
	}
	size, err := sizeOf(c.option("default-size", pane{}))
	if err != nil {
		return err
	}
	for _, n := range []struct {
		flag byte
		to   *int
	}{{'x', &size.Cols}, {'y', &size.Rows}} {
		if text, has := c.flags[n.flag]; has {
			if *n.to, err = strconv.Atoi(text); err != nil || !size.Valid() {
				return fmt.Errorf("bad size -%c %s", n.flag, text)
			}
		}
	}
	for next := len(c.panes.groups()); ; next++ {
		name := strconv.Itoa(next)
		if c.has('s') {
			name = c.flags['s']
		}
		if name, err = groupName(name); err != nil {
			return err
		}
		err = fmt.Errorf("duplicate session: %s", name)
		if len(c.panes.group(name)) == 0 {
			own := name
			if c.Server != DefaultServer { // whose sessions may be called the same
				own = c.Server + "_" + name
			}
			made := c.create(New{Name: own, Size: size}, pane{name: name, index: c.numberOption("base-index", pane{})}, true)
			if !errors.Is(made, exec.ErrSessionExists) {
				c.made = name
				return made
			}
			if err := c.look(); err != nil {
				return err
			}
			if len(c.panes.group(name)) == 0 { // a session that is no pane is called so
				err = made
			}
		}
		if c.has('s') {
			return err
		}
	}
}

// sizeOf reads a size as tmux writes one.
func sizeOf(text string) (exec.Size, error) {
	cols, rows, _ := strings.Cut(text, "x")
	var size exec.Size
	var errs [2]error
	size.Cols, errs[0] = strconv.Atoi(cols)
	size.Rows, errs[1] = strconv.Atoi(rows)
	if errs != [2]error{} || !size.Valid() {
		return size, fmt.Errorf("value is invalid: %s", text)
	}
	return size, nil
}

func (c *call) newWindow() error {
	session, window, _ := strings.Cut(c.flags['t'], ":")
	at, err := strconv.ParseUint(window, 10, 16)
	if window != "" && err != nil {
		return fmt.Errorf("new-window -t %s is not understood: it takes a session, and the index of the new window", c.flags['t'])
	}
	if c.has('t') && session != "" {
		c.flags['t'] = session
	} else {
		delete(c.flags, 't')
	}
	return c.alone(func() error { // so that no other new window has the index
		p, err := c.target("session")
		if err != nil {
			return err
		}
		group := c.panes.group(p.name)
		taken := func(index int) bool {
			return len(group.where(func(q pane) bool { return q.index == index })) > 0
		}
		beside := p
		if beside.index = int(at); window == "" {
			for beside.index = c.numberOption("base-index", p); taken(beside.index); {
				beside.index++
			}
		} else if taken(beside.index) {
			return fmt.Errorf("create window failed: index %d in use", at)
		}
		return c.createBeside(p, beside, true)
	})
}

func (c *call) splitWindow() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	as := p
	as.order = c.panes.window(p.window).orderBeside(p, c.has('b'), c.has('f'))
	return c.createBeside(p, as, false)
}

// createBeside starts a pane in the tmux session of another one. A session of the user's
// that was alone is told first that it is one of several.
func (c *call) createBeside(p, as pane, window bool) error {
	if p.own() {
		if err := c.relabel(panes{p}, func(*pane) {}); err != nil {
			return err
		}
	}
	return c.create(New{Size: p.Size}, as, window)
}

// create starts a pane that stands where as says, in a window of its own or in as's, and
// with -P prints what it is called.
func (c *call) create(n New, as pane, window bool) error {
	n.Command, n.Dir, n.Env, n.Server, n.Session = c.args, c.flags['c'], c.many, c.Server, as.session
	if command := c.option("default-command", as); command != "" && len(c.args) == 0 {
		n.Command = []string{command}
	}
	if len(n.Command) == 1 {
		n.Command = []string{defaultShell(), "-c", n.Command[0]}
	}
	if term, since := c.optionSince("default-terminal", as); !since.IsZero() {
		n.Env = append([]string{"TERM=" + term}, n.Env...)
	}
	opts, err := c.Options(n)
	if err != nil {
		return err
	}
	if n.Name == "" {
		opts.NameHint = as.name
	}
	if as.number, err = PaneNumber(opts.ID); err != nil {
		return err
	}
	if as.session == 0 {
		as.session = as.number
	}
	if window {
		as.window, as.order = as.number, firstOrder
		if as.windowName, err = c.windowName(); err != nil {
			return err
		}
	}
	if as.active = time.Now().UnixNano(); c.has('d') && c.word != "new-session" {
		as.active = 0 // it does not become the active one
	}
	opts.Labels = as.labels(c.Server)
	s, err := c.sessions.CreateSession(c.request(), opts)
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.file()); err == nil { // what is kept is this one's as well
		if err := c.change(func() error { return nil }); err != nil && !errors.Is(err, ErrNoServer) {
			return err
		}
	}
	if !c.has('P') {
		return nil
	}
	return c.printNew(s, as.number)
}

// defaultShell is what runs a command that is one argument: the user's shell, as with
// tmux.
func defaultShell() string {
	if shell := os.Getenv("SHELL"); filepath.IsAbs(shell) {
		return shell
	}
	return "/bin/sh"
}

// windowName is what a new window is called: as -n says, or after its command.
func (c *call) windowName() (string, error) {
	if name, given := c.flags['n']; given {
		return name, selector.CheckValue(name)
	}
	command := defaultShell()
	if len(c.args) > 0 {
		command = strings.TrimPrefix(c.args[0], "exec ")
	}
	name := strings.Trim(filepath.Base(strings.Fields(command + " .")[0]), ".-_")
	if selector.CheckValue(name) != nil {
		return "", nil
	}
	return name, nil
}

// printNew prints the format that was asked for of a pane that was just made.
func (c *call) printNew(s *exec.Session, own uint64) error {
	format := c.flags['F']
	if format == "" {
		format = "#{session_name}:#{window_index}.#{pane_index}"
		if c.word == "new-session" {
			format = "#{session_name}:"
		}
	}
	if err := c.look(); err != nil {
		return err
	}
	for _, p := range c.panes {
		if p.ID == s.ID {
			return c.print(format, p)
		}
	}
	return fmt.Errorf("pane %s has ended already", id('%', own))
}

// print prints a format of a pane.
func (c *call) print(format string, p pane) error {
	text, err := c.expand(format, p)
	if err != nil {
		return err
	}
	return c.println(text)
}
