package tmuxwords

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// The labels of a session that is a pane.
const (
	labelSession = "tmux"        // the tmux session's name
	labelWindow  = "tmux-window" // the window's number, which is its first pane's
	labelIndex   = "tmux-index"  // the window's index
	labelName    = "tmux-name"   // the window's name
	labelActive  = "tmux-active" // when it last came to be the active pane; the latest is
)

// pane is a session that is a pane. Its number is made of the first digits of the ID.
type pane struct {
	*exec.Session
	number, window uint64
	index          int
	active         int64
}

func (p pane) group() string { return p.Labels[labelSession] }

// number makes a pane's number of a session's ID: tmux has 32 bits for it.
func number(id string) (uint64, error) {
	return strconv.ParseUint(id[:min(7, len(id))], 16, 32)
}

// panes are those that are active, in the order in which they were made.
type panes []pane

// look asks which panes there are.
func (c *call) look() error {
	all, err := c.sessions.ListAll(c.request())
	if err != nil {
		return err
	}
	c.panes = nil
	for _, s := range all {
		if s.Exit != nil || s.Labels[labelSession] == "" {
			continue
		}
		p := pane{Session: s}
		var errs [4]error
		p.number, errs[0] = number(s.ID)
		p.window, errs[1] = strconv.ParseUint(s.Labels[labelWindow], 10, 32)
		p.index, errs[2] = strconv.Atoi(s.Labels[labelIndex])
		p.active, errs[3] = strconv.ParseInt(s.Labels[labelActive], 10, 64)
		if errs != [4]error{} {
			continue // somebody has changed its labels: it is no pane any more
		}
		c.panes = append(c.panes, p)
	}
	return nil
}

func (ps panes) where(is func(pane) bool) (found panes) {
	for _, p := range ps {
		if is(p) {
			found = append(found, p)
		}
	}
	return found
}

func (ps panes) group(name string) panes {
	return ps.where(func(p pane) bool { return p.group() == name })
}

func (ps panes) window(number uint64) panes {
	return ps.where(func(p pane) bool { return p.window == number })
}

// current is the one that became active last.
func (ps panes) current() pane {
	return slices.MaxFunc(ps, func(a, b pane) int { return cmp.Compare(a.active, b.active) })
}

// groups are the names of the tmux sessions, sorted as tmux lists them.
func (ps panes) groups() (names []string) {
	for _, p := range ps {
		names = append(names, p.group())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// windows are one pane each, the first, by index.
func (ps panes) windows() (first panes) {
	for _, p := range ps {
		if len(first.window(p.window)) == 0 {
			first = append(first, p)
		}
	}
	slices.SortStableFunc(first, func(a, b pane) int { return cmp.Compare(a.index, b.index) })
	return first
}

// target returns the pane that -t means: %N, @N, $N, or SESSION, SESSION:WINDOW and
// SESSION:WINDOW.PANE, each of which stands for what is active there. kind is what is
// asked for, in words.
func (c *call) target(kind string) (pane, error) {
	text, given := c.flags['t']
	if !given {
		return c.here(kind)
	}
	bad := fmt.Errorf("can't find %s: %s", kind, text)
	if text == "" {
		return pane{}, bad
	}
	switch text[0] {
	case '%', '@', '$':
		n, err := strconv.ParseUint(text[1:], 10, 32)
		if err != nil {
			return pane{}, bad
		}
		found := c.panes.where(func(p pane) bool {
			return text[0] == '%' && p.number == n || text[0] == '@' && p.window == n ||
				text[0] == '$' && c.panes.group(p.group())[0].number == n
		})
		if text[0] == '%' && len(found) > 1 {
			return pane{}, fmt.Errorf("there are %d panes %s: name the session and the window", len(found), text)
		}
		return only(found, bad)
	}
	name, rest, inside := strings.Cut(text, ":")
	if !inside && kind != "session" {
		// tmux looks among the windows and panes of where the word is said, first.
		if _, err := strconv.Atoi(name); err == nil {
			return pane{}, fmt.Errorf("%w (say which session's: SESSION:WINDOW.PANE, or %%N)", bad)
		}
		for _, p := range c.panes {
			named := c.panes.group(p.group()).where(func(q pane) bool { return q.Labels[labelName] == name })
			if p.ID == c.Inside && len(named) > 0 {
				return only(named, bad)
			}
		}
	}
	group, err := c.groupNamed(name, kind)
	if err != nil {
		return pane{}, err
	}
	if !inside || rest == "" {
		return group.current(), nil
	}
	window, at, one := strings.Cut(rest, ".")
	found := group.windows().where(func(p pane) bool {
		return strconv.Itoa(p.index) == window || p.Labels[labelName] == window || "@"+strconv.FormatUint(p.window, 10) == window
	})
	if len(found) != 1 {
		return pane{}, bad
	}
	in := group.window(found[0].window)
	if !one {
		return in.current(), nil
	}
	if n, err := strconv.Atoi(at); err == nil && 0 <= n && n < len(in) {
		return in[n], nil
	}
	return only(in.where(func(p pane) bool { return "%"+strconv.FormatUint(p.number, 10) == at }), bad)
}

// only returns what is active of those that were found, all of one tmux session.
func only(found panes, bad error) (pane, error) {
	if len(found) == 0 || len(found.groups()) > 1 {
		return pane{}, bad
	}
	return found.current(), nil
}

// groupNamed returns the tmux session of a name, or of the only one that begins so; with
// = before it the name is the whole one.
func (c *call) groupNamed(name, kind string) (panes, error) {
	exact, whole := strings.CutPrefix(name, "=")
	if group := c.panes.group(exact); len(group) > 0 {
		return group, nil
	}
	var found []string
	for _, g := range c.panes.groups() {
		if !whole && name != "" && strings.HasPrefix(g, name) {
			found = append(found, g)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("can't find %s: %s", kind, exact)
	}
	return c.panes.group(found[0]), nil
}

// here is the pane in which the word was said, else what is active in the only tmux
// session.
func (c *call) here(kind string) (pane, error) {
	for _, p := range c.panes {
		if p.ID == c.Inside && c.Inside != "" {
			return p, nil
		}
	}
	switch groups := c.panes.groups(); len(groups) {
	case 0:
		return pane{}, ErrNoServer
	case 1:
		return c.panes.current(), nil
	}
	return pane{}, fmt.Errorf("no current %s: say with -t which one", kind)
}
