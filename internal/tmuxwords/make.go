package tmuxwords

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

func (c *call) newSession() error {
	switch {
	case !c.has('d'):
		return errors.New("new-session without -d is not understood: xsh attach shows a pane")
	case c.has('t'):
		return errors.New("new-session -t is not understood")
	}
	name := strings.NewReplacer(".", "_", ":", "_").Replace(c.flags['s']) // as tmux does
	if !c.has('s') {
		for n := 0; name == "" || len(c.panes.group(name)) > 0; n++ {
			name = strconv.Itoa(n)
		}
	}
	if err := errors.Join(exec.CheckName(name), selector.CheckValue(name)); err != nil {
		return err
	}
	if len(c.panes.group(name)) > 0 {
		return fmt.Errorf("duplicate session: %s", name)
	}
	size := exec.Size{Rows: 24, Cols: 80}
	for _, n := range []struct {
		flag byte
		to   *int
	}{{'x', &size.Cols}, {'y', &size.Rows}} {
		if text, has := c.flags[n.flag]; has {
			var err error
			if *n.to, err = strconv.Atoi(text); err != nil || !size.Valid() {
				return fmt.Errorf("bad size -%c %s", n.flag, text)
			}
		}
	}
	return c.create(New{Name: name, Size: size}, pane{Session: &exec.Session{Labels: map[string]string{labelSession: name}}}, true)
}

func (c *call) newWindow() error {
	if strings.Contains(strings.TrimSuffix(c.flags['t'], ":"), ":") {
		return fmt.Errorf("new-window -t %s is not understood: it takes a session, and chooses the index", c.flags['t'])
	}
	p, err := c.target("session")
	if err != nil {
		return err
	}
	group := c.panes.group(p.group())
	for p.index = 0; len(group.where(func(q pane) bool { return q.index == p.index })) > 0; {
		p.index++
	}
	return c.create(New{Size: p.Size}, p, true)
}

func (c *call) splitWindow() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	return c.create(New{Size: p.Size}, p, false)
}

// create starts a pane beside another one, in a window of its own or in that one's,
// and with -P prints what it is called.
func (c *call) create(n New, beside pane, window bool) error {
	n.Command, n.Dir, n.Env = c.args, c.flags['c'], c.many
	if len(c.args) == 1 {
		n.Command = []string{"/bin/sh", "-c", c.args[0]}
	}
	now := time.Now().UnixNano()
	if c.has('d') && c.word != "new-session" {
		now = 0 // it does not become the active one
	}
	opts, err := c.Options(n)
	if err != nil {
		return err
	}
	if n.Name == "" {
		opts.NameHint = beside.group()
	}
	own, err := number(opts.ID)
	if err != nil {
		return err
	}
	if opts.Labels, err = c.labels(beside, own, window); err != nil {
		return err
	}
	opts.Labels[labelActive] = strconv.FormatInt(now, 10)
	s, err := c.sessions.CreateSession(c.request(), opts)
	if err != nil || !c.has('P') {
		return err
	}
	return c.printNew(s, own)
}

// labels say where a new pane of a number belongs.
func (c *call) labels(beside pane, own uint64, window bool) (map[string]string, error) {
	labels := map[string]string{labelSession: beside.group()}
	if !window {
		for _, key := range []string{labelWindow, labelIndex, labelName} {
			labels[key] = beside.Labels[key]
		}
		return labels, nil
	}
	labels[labelWindow], labels[labelIndex] = strconv.FormatUint(own, 10), strconv.Itoa(beside.index)
	name := c.flags['n']
	if name == "" && len(c.args) > 0 {
		name = strings.Trim(filepath.Base(strings.Fields(c.args[0] + " .")[0]), ".-_")
	}
	if err := selector.CheckValue(name); err != nil {
		if c.has('n') {
			return nil, err
		}
		name = ""
	}
	labels[labelName] = name
	return labels, nil
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
