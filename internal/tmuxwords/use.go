package tmuxwords

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

func (c *call) hasSession() error {
	_, err := c.target("session")
	return err
}

func (c *call) listSessions() error {
	if len(c.panes) == 0 {
		return ErrNoServer
	}
	for _, name := range c.panes.groups() {
		group := c.panes.group(name)
		format, given := c.flags['F']
		if !given {
			format = "#{session_name}: #{session_windows} windows (created " + group[0].CreatedAt.Local().Format(time.ANSIC) + ")"
		}
		if err := c.print(format, group.current()); err != nil {
			return err
		}
	}
	return nil
}

// listed prints those panes, of which -F says how.
func (c *call) listed(ps panes) error {
	format, given := c.flags['F']
	if !given {
		return fmt.Errorf("%s without -F is not understood", c.word)
	}
	for _, p := range ps {
		if err := c.print(format, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) listWindows() error {
	among := c.panes.groups()
	if !c.has('a') {
		p, err := c.target("session")
		if err != nil {
			return err
		}
		among = []string{p.group()}
	}
	var ps panes
	for _, name := range among {
		group := c.panes.group(name)
		for _, w := range group.windows() {
			ps = append(ps, group.window(w.window).current())
		}
	}
	return c.listed(ps)
}

func (c *call) listPanes() error {
	var ps panes
	in := c.panes
	if !c.has('a') {
		p, err := c.target("window")
		if err != nil {
			return err
		}
		if in = in.group(p.group()); !c.has('s') {
			in = in.window(p.window)
		}
	}
	for _, name := range in.groups() {
		group := in.group(name)
		for _, w := range group.windows() {
			ps = append(ps, group.window(w.window)...)
		}
	}
	return c.listed(ps)
}

func (c *call) sendKeys() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	var input []exec.Input
	for _, arg := range c.args {
		key, is := keyNamed(arg)
		switch {
		case arg == "":
		case is && !c.has('l'):
			input = append(input, exec.Input{Key: key})
		default:
			input = append(input, exec.Input{Text: []byte(arg)})
		}
	}
	if len(input) == 0 {
		return nil
	}
	_, err = c.sessions.Type(c.request(), p.ID, input...)
	return err
}

// keys are tmux's names of keys, in small letters, and ours.
var keys = map[string]string{
	"enter": "Enter", "space": "Space", "tab": "Tab", "btab": "S-Tab", "bspace": "Backspace", "escape": "Escape",
	"up": "Up", "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End",
	"npage": "PageDown", "pagedown": "PageDown", "pgdn": "PageDown", "ppage": "PageUp", "pageup": "PageUp", "pgup": "PageUp",
	"dc": "Delete", "delete": "Delete", "ic": "Insert", "insert": "Insert",
	"f1": "F1", "f2": "F2", "f3": "F3", "f4": "F4", "f5": "F5", "f6": "F6", "f7": "F7", "f8": "F8", "f9": "F9", "f10": "F10", "f11": "F11", "f12": "F12",
}

// keyNamed returns our name of what tmux takes for a key, and not for text.
func keyNamed(name string) (string, bool) {
	rest, with := name, ""
	for len(rest) > 2 && rest[1] == '-' && strings.IndexByte("CMS", rest[0]) >= 0 {
		with, rest = with+rest[:2], rest[2:]
	}
	if len(rest) == 2 && rest[0] == '^' && with == "" {
		with, rest = "C-", rest[1:]
	}
	key, known := keys[strings.ToLower(rest)]
	switch {
	case known:
	case with != "" && len(rest) == 1:
		key = rest
	default:
		return "", false
	}
	return with + key, exec.CheckKey(with+key) == nil
}

func (c *call) capturePane() error {
	if !c.has('p') {
		return errors.New("capture-pane without -p is not understood: there are no buffers")
	}
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	screen, err := c.sessions.Capture(c.request(), p.ID, exec.CaptureOptions{History: -1})
	if err != nil {
		return err
	}
	lines := append(screen.History, screen.Lines...)
	above := len(screen.History)
	from, err := c.row('S', above, 0, -above)
	if err != nil {
		return err
	}
	last := len(screen.Lines) - 1
	to, err := c.row('E', above, last, last)
	if err != nil {
		return err
	}
	from, to = max(0, min(from+above, len(lines)-1)), max(0, min(to+above, len(lines)-1))
	if from > to {
		from, to = to, from
	}
	for _, l := range lines[from : to+1] {
		end := "\n"
		if l.Wrapped && c.has('J') {
			end = ""
		}
		if _, err := fmt.Fprint(c.Out, l.Text, end); err != nil {
			return err
		}
	}
	return nil
}

// row reads a flag with a row: 0 is the first of the screen, and - the end on that side.
func (c *call) row(flag byte, above, none, end int) (int, error) {
	text, given := c.flags[flag]
	if !given {
		return none, nil
	}
	if text == "-" {
		return end, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("capture-pane: bad row -%c %s", flag, text)
	}
	return n, nil
}

func (c *call) displayMessage() error {
	if !c.has('p') || len(c.args) == 0 {
		return errors.New("display-message without -p and a format is not understood")
	}
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	return c.print(c.args[0], p)
}

func (c *call) selectWindow() error { return c.activate("window") }

func (c *call) selectPane() error { return c.activate("pane") }

// activate makes a pane the active one, of its window and of its session.
func (c *call) activate(kind string) error {
	p, err := c.target(kind)
	if err != nil {
		return err
	}
	_, err = c.sessions.Label(c.request(), p.ID, map[string]string{labelActive: strconv.FormatInt(time.Now().UnixNano(), 10)}, nil)
	return err
}

func (c *call) killSession() error {
	p, err := c.target("session")
	if err != nil {
		return err
	}
	return c.kill(c.panes.group(p.group()))
}

func (c *call) killWindow() error {
	p, err := c.target("window")
	if err != nil {
		return err
	}
	return c.kill(c.panes.window(p.window))
}

func (c *call) killPane() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	return c.kill(panes{p})
}

func (c *call) kill(ps panes) (err error) {
	for _, p := range ps {
		if _, one := c.sessions.Kill(c.request(), p.ID, exec.StreamSignalNone); !errors.Is(one, exec.ErrSessionClosed) {
			err = errors.Join(err, one)
		}
	}
	return err
}
