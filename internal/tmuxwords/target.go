package tmuxwords

import (
	"fmt"
	"strconv"
	"strings"
)

// target returns the pane that -t means: %N, @N, $N, or SESSION, SESSION:WINDOW and
// SESSION:WINDOW.PANE, each of which stands for what is active there. kind is what is
// asked for, in words.
func (c *call) target(kind string) (pane, error) {
	text, given := c.flags['t']
	if !given {
		return c.here(kind)
	}
	what := kind
	if sign := strings.IndexByte("$@%", (text + " ")[0]); sign >= 0 {
		what = []string{"session", "window", "pane"}[sign]
	}
	bad := fmt.Errorf("can't find %s: %s", what, text)
	session, rest, inside := strings.Cut(text, ":")
	switch {
	case text == "":
		return pane{}, bad
	case inside && session == "":
		p, err := c.here(kind)
		if err != nil {
			return pane{}, err
		}
		return c.inGroup(c.panes.group(p.name), rest, bad)
	case inside:
		group, err := c.groupNamed(session, kind)
		if err != nil {
			return pane{}, err
		}
		return c.inGroup(group, rest, bad)
	case text[0] == '%':
		found := c.panes.where(func(p pane) bool { return id('%', p.number) == text })
		if len(found) > 1 {
			return pane{}, fmt.Errorf("there are %d panes %s: name the session and the window", len(found), text)
		}
		return only(found, bad)
	case text[0] == '@':
		window, at, one := strings.Cut(text, ".")
		found := c.panes.where(func(p pane) bool { return id('@', p.window) == window })
		if one && len(found) > 0 {
			return c.inWindow(found, at, bad)
		}
		return only(found, bad)
	case kind != "session" && text[0] != '$':
		// tmux looks among the panes and windows of where the word is said, first.
		if p, found, err := c.nearby(text, kind, bad); found || err != nil {
			return p, err
		}
	}
	group, err := c.groupNamed(text, kind)
	if err != nil {
		return pane{}, err
	}
	return group.current(), nil
}

// nearby looks for a target without a session where the word is said.
func (c *call) nearby(text, kind string, bad error) (p pane, found bool, err error) {
	inside := c.panes.where(func(q pane) bool { return c.isHere(q) })
	if len(inside) != 1 {
		if _, err := strconv.Atoi(text); err == nil {
			return p, false, fmt.Errorf("%w (say which session's: SESSION:WINDOW.PANE, or %%N)", bad)
		}
		return p, false, nil
	}
	group := c.panes.group(inside[0].name)
	if kind == "pane" {
		if p, err := c.inWindow(group.window(inside[0].window), text, bad); err == nil {
			return p, true, nil
		}
	}
	if p, err := c.inGroup(group, text, bad); err == nil {
		return p, true, nil
	}
	return p, false, nil
}

// inGroup returns the pane of a tmux session that WINDOW.PANE means.
func (c *call) inGroup(group panes, rest string, bad error) (pane, error) {
	window, at, one := strings.Cut(rest, ".")
	in := group.window(group.current().window)
	if window != "" {
		found := group.windows().where(func(p pane) bool { return strconv.Itoa(p.index) == window || id('@', p.window) == window })
		if len(found) == 0 {
			found = group.windows().where(func(p pane) bool { return p.windowName == window })
		}
		if len(found) != 1 {
			return pane{}, bad
		}
		in = group.window(found[0].window)
	}
	if !one {
		return in.current(), nil
	}
	return c.inWindow(in, at, bad)
}

// inWindow returns a pane by its index or its number.
func (c *call) inWindow(in panes, at string, bad error) (pane, error) {
	if n, err := strconv.Atoi(at); err == nil {
		if n -= c.paneBase(in[0]); 0 <= n && n < len(in) {
			return in[n], nil
		}
	}
	return only(in.where(func(p pane) bool { return id('%', p.number) == at }), bad)
}

// only returns what is active of those that were found, all of one tmux session.
func only(found panes, bad error) (pane, error) {
	if len(found) == 0 || len(found.groups()) > 1 {
		return pane{}, bad
	}
	return found.current(), nil
}

// groupNamed returns the tmux session of a number, of a name, or of the only one that
// begins so; with = before it the name is the whole one.
func (c *call) groupNamed(name, kind string) (panes, error) {
	if name != "" && name[0] == '$' {
		if found := c.panes.where(func(p pane) bool { return id('$', p.session) == name }); len(found) > 0 {
			return found, nil
		}
		return nil, fmt.Errorf("can't find %s: %s", kind, name)
	}
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

// isHere reports whether the word was said in a pane.
func (c *call) isHere(p pane) bool {
	return p.ID == c.Inside || c.Inside == "" && c.InsidePane != "" && id('%', p.number) == c.InsidePane
}

// here is the pane in which the word was said, else what is active in the tmux session
// that the line has made, else in the only one.
func (c *call) here(kind string) (pane, error) {
	for _, p := range c.panes {
		if c.isHere(p) {
			return p, nil
		}
	}
	if group := c.panes.group(c.made); len(group) > 0 {
		return group.current(), nil
	}
	switch groups := c.panes.groups(); len(groups) {
	case 0:
		return pane{}, ErrNoServer
	case 1:
		return c.panes.current(), nil
	}
	return pane{}, fmt.Errorf("no current %s: say with -t which one", kind)
}
