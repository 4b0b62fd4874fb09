package tmuxwords

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/selector"
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
	var ps panes
	for _, name := range c.panes.groups() {
		ps = append(ps, c.panes.group(name).current())
	}
	return c.printList(ps, "#{session_name}: #{session_windows} windows (created #{t:session_created})#{?session_attached, (attached),}")
}

func (c *call) listWindows() error {
	among := c.panes.groups()
	if !c.has('a') {
		p, err := c.target("session")
		if err != nil {
			return err
		}
		among = []string{p.name}
	}
	var ps panes
	for _, name := range among {
		group := c.panes.group(name)
		for _, w := range group.windows() {
			ps = append(ps, group.window(w.window).current())
		}
	}
	return c.printList(ps, "")
}

func (c *call) listPanes() error {
	var ps panes
	in := c.panes
	if !c.has('a') {
		p, err := c.target("window")
		if err != nil {
			return err
		}
		if in = in.group(p.name); !c.has('s') {
			in = in.window(p.window)
		}
	}
	for _, name := range in.groups() {
		group := in.group(name)
		for _, w := range group.windows() {
			ps = append(ps, group.window(w.window)...)
		}
	}
	return c.printList(ps, "")
}

func (c *call) sendKeys() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	times := 1
	if text, given := c.flags['N']; given {
		if times, err = strconv.Atoi(text); err != nil || times < 1 || times > maxTimes {
			return fmt.Errorf("send-keys: bad number of times -N %s", text)
		}
	}
	var input []exec.Input
	for _, arg := range slices.Repeat(c.args, times) {
		key, is := keyNamed(arg)
		switch {
		case arg == "":
		case c.has('H'):
			n, err := strconv.ParseUint(arg, 16, 8)
			if err != nil {
				return fmt.Errorf("send-keys -H: %q is no hexadecimal number of a byte", arg)
			}
			input = append(input, exec.Input{Text: []byte{byte(n)}})
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

// maxTimes is how often send-keys types one thing at most.
const maxTimes = 10_000

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
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	screen, err := c.sessions.Capture(c.request(), p.ID, exec.CaptureOptions{History: -1, Styles: c.has('e')})
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
	var text bytes.Buffer
	for _, l := range lines[from : to+1] {
		if c.has('e') {
			l.Text = c.Styled(l.Runs)
		}
		text.WriteString(l.Text)
		if !l.Wrapped || !c.has('J') {
			text.WriteByte('\n')
		}
	}
	if !c.has('p') {
		return c.putBuffer(text.Bytes(), false)
	}
	_, err = text.WriteTo(c.Out)
	return err
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
	format, given := c.flags['F']
	if len(c.args) > 0 && !given {
		format, given = c.args[0], true
	}
	if !c.has('p') || !given {
		return errors.New("display-message without -p and a format is not understood")
	}
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	return c.print(format, p)
}

// selectWindow makes a window the active one: that which is named, or the next, the
// previous or the last of a tmux session.
func (c *call) selectWindow() error {
	which := strings.TrimSuffix(c.word, "-window")
	for flag, means := range map[byte]string{'n': "next", 'p': "previous", 'l': "last"} {
		if c.has(flag) {
			which = means
		}
	}
	if which == "select" {
		return c.activate("window")
	}
	p, err := c.target("session")
	if err != nil {
		return err
	}
	group := c.panes.group(p.name)
	all, now := group.windows(), group.current().window
	at := slices.IndexFunc(all, func(q pane) bool { return q.window == now })
	to := slices.IndexFunc(all, c.lastWindow)
	switch {
	case which == "next":
		to = (at + 1) % len(all)
	case which == "previous":
		to = (at + len(all) - 1) % len(all)
	}
	if to < 0 || to == at {
		return fmt.Errorf("no %s window", which)
	}
	return c.makeActive(group.window(all[to].window).current())
}

func (c *call) clearHistory() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	_, err = c.sessions.ClearHistory(c.request(), p.ID)
	return err
}

// selectPane makes a pane the active one. -P gives it colours as well, and -T a title
// instead, as with tmux.
func (c *call) selectPane() error {
	text, titled := c.flags['T']
	if style, coloured := c.flags['P']; coloured && !titled {
		err := c.change(func() error {
			p, err := c.target("pane")
			if err == nil {
				c.set(id('%', p.number), "window-style", style)
				c.set(id('%', p.number), "window-active-style", style)
			}
			return err
		})
		if err != nil {
			return err
		}
	} else if coloured {
		return errors.New("select-pane -P with -T is not understood: say them one by one")
	}
	if !titled {
		return c.activate("pane")
	}
	return c.change(func() error {
		p, err := c.target("pane")
		if err != nil {
			return err
		}
		if text, err = c.expand(text, p); err != nil {
			return err
		}
		if c.kept.Titles == nil {
			c.kept.Titles = map[string]title{}
		}
		c.kept.Titles[id('%', p.number)] = title{Text: text, Over: p.Title}
		return nil
	})
}

// selectLayout has nothing to lay out: each pane has a screen of its own.
func (c *call) selectLayout() error {
	if _, err := c.target("pane"); err != nil {
		return err
	}
	for _, name := range c.args {
		if !slices.Contains([]string{"even-horizontal", "even-vertical", "main-horizontal", "main-vertical", "tiled"}, name) {
			return fmt.Errorf("invalid layout: %s", name)
		}
	}
	return nil
}

// resize gives a pane a size. A share of the window, in percent, is for what is laid
// out beside other panes, and here each has a screen of its own.
func (c *call) resize() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	size := p.Size
	for flag, to := range map[byte]*int{'x': &size.Cols, 'y': &size.Rows} {
		text, given := c.flags[flag]
		if number, share := strings.CutSuffix(text, "%"); share {
			if _, err := strconv.ParseUint(number, 10, 16); err != nil {
				return fmt.Errorf("bad size -%c %s", flag, text)
			}
		} else if given {
			if *to, err = strconv.Atoi(text); err != nil || !size.Valid() {
				return fmt.Errorf("bad size -%c %s", flag, text)
			}
		}
	}
	if size == p.Size {
		return nil
	}
	return c.sessions.ResizeSession(c.request(), p.ID, int32(size.Rows), int32(size.Cols))
}

func (c *call) renameSession() error {
	p, err := c.target("session")
	if err != nil {
		return err
	}
	name, err := groupName(c.args[0])
	if err != nil || name == p.name {
		return err
	}
	if len(c.panes.group(name)) > 0 {
		return fmt.Errorf("duplicate session: %s", name)
	}
	return c.relabel(c.panes.group(p.name), func(p *pane) { p.name = name })
}

func (c *call) renameWindow() error {
	p, err := c.target("window")
	if err != nil {
		return err
	}
	if err := selector.CheckValue(c.args[0]); err != nil {
		return err
	}
	return c.relabel(c.panes.window(p.window), func(p *pane) { p.windowName = c.args[0] })
}

// relabel changes panes.
func (c *call) relabel(ps panes, change func(*pane)) error {
	for _, p := range ps {
		change(&p)
		if _, err := c.sessions.Label(c.request(), p.ID, p.labels(c.Server), nil); err != nil {
			return err
		}
	}
	return nil
}

// activate makes a pane the active one, of its window and of its session.
func (c *call) activate(kind string) error {
	p, err := c.target(kind)
	if err != nil {
		return err
	}
	return c.makeActive(p)
}

func (c *call) makeActive(p pane) error {
	_, err := c.sessions.Label(c.request(), p.ID, map[string]string{labelActive: strconv.FormatInt(time.Now().UnixNano(), 10)}, nil)
	return err
}

func (c *call) killSession() error {
	p, err := c.target("session")
	if err != nil {
		return err
	}
	return c.kill(c.panes, func(q pane) bool { return q.name == p.name })
}

func (c *call) killWindow() error {
	p, err := c.target("window")
	if err != nil {
		return err
	}
	return c.kill(c.panes.group(p.name), func(q pane) bool { return q.window == p.window })
}

func (c *call) killPane() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	return c.kill(c.panes.window(p.window), func(q pane) bool { return q.ID == p.ID })
}

func (c *call) killServer() error {
	if len(c.panes) == 0 {
		return ErrNoServer
	}
	return c.kill(c.panes, func(pane) bool { return true })
}

// kill ends those of the panes that are meant, with -a the others. One that has ended
// and remains is forgotten.
func (c *call) kill(among panes, meant func(pane) bool) (err error) {
	all := among.where(func(p pane) bool { return meant(p) != c.has('a') })
	// The pane in which the word is said comes last: this process ends with it.
	slices.SortStableFunc(all, func(a, b pane) int { return strings.Compare(truth(c.isHere(a)), truth(c.isHere(b))) })
	for _, p := range all {
		_, one := c.sessions.Kill(c.request(), p.ID, exec.StreamSignalNone)
		if errors.Is(one, exec.ErrSessionClosed) {
			if one = nil; p.Exit != nil {
				one = c.sessions.Remove(c.request(), p.ID)
			}
		}
		if one == nil && p.Exit == nil && c.option("remain-on-exit", p) != "off" {
			one = c.sessions.Remove(c.request(), p.ID)
		}
		err = errors.Join(err, one)
	}
	return err
}
