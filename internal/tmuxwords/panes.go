package tmuxwords

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// Label is the label of a session that is a pane: its tmux session's name. Without a
// value it is on a session that the user made and whose programs may say words: that is
// a tmux session of its own, called as the session is, until it has a second pane.
const Label = "tmux"

// The other labels of a pane.
const (
	labelServer  = "tmux-server"  // the tmux server's name (-L), if it is another than DefaultServer
	labelSession = "tmux-session" // the tmux session's number, which is its first pane's
	labelWindow  = "tmux-window"  // the window's number, which is its first pane's
	labelIndex   = "tmux-index"   // the window's index
	labelName    = "tmux-name"    // the window's name
	labelOrder   = "tmux-order"   // a number by which the panes of a window are in order
	labelActive  = "tmux-active"  // when it last came to be the active pane; the latest is
)

// DefaultServer is the tmux server that words are about which name none.
const DefaultServer = "default"

// pane is a session that is a pane. Its number is made of the first digits of the ID.
type pane struct {
	*exec.Session
	name       string // the tmux session's
	windowName string
	index      int // the window's
	active     int64
	order      float64 // among the panes of its window

	number, window, session uint64
}

// PaneNumber makes a pane's number of a session's ID: tmux has 32 bits for it.
func PaneNumber(id string) (uint64, error) {
	return strconv.ParseUint(id[:min(7, len(id))], 16, 32)
}

// firstOrder is the order of a window's first pane: there is room before and behind.
const firstOrder = 1 << 20

// paneOf returns the pane that a session is; is is false for one that is none, as one
// whose labels somebody has changed.
func paneOf(s *exec.Session) (p pane, is bool) {
	name, is := s.Labels[Label]
	var errs [6]error
	p = pane{Session: s, name: name, order: firstOrder}
	p.number, errs[0] = PaneNumber(s.ID)
	if text := s.Labels[labelActive]; text != "" || name != "" {
		p.active, errs[1] = strconv.ParseInt(text, 10, 64)
	}
	if name == "" {
		p.name, p.window, p.session, p.windowName = s.Name, p.number, p.number, "shell"
		if len(s.Command) > 0 {
			p.windowName = filepath.Base(s.Command[0])
		}
		return p, is && errors.Join(errs[:]...) == nil
	}
	p.windowName = s.Labels[labelName]
	p.session, errs[2] = strconv.ParseUint(s.Labels[labelSession], 10, 32)
	p.window, errs[3] = strconv.ParseUint(s.Labels[labelWindow], 10, 32)
	p.index, errs[4] = strconv.Atoi(s.Labels[labelIndex])
	p.order, errs[5] = strconv.ParseFloat(s.Labels[labelOrder], 64)
	return p, is && errors.Join(errs[:]...) == nil
}

// own reports whether it is a session that the user made, alone in its tmux session.
func (p pane) own() bool { return p.Labels[Label] == "" }

// labels are those by which others find it.
func (p pane) labels(server string) map[string]string {
	labels := map[string]string{
		Label: p.name, labelName: p.windowName, labelIndex: strconv.Itoa(p.index), labelActive: strconv.FormatInt(p.active, 10),
		labelOrder: strconv.FormatFloat(p.order, 'f', -1, 64), labelSession: strconv.FormatUint(p.session, 10), labelWindow: strconv.FormatUint(p.window, 10),
	}
	if server != DefaultServer {
		labels[labelServer] = server
	}
	return labels
}

// id is a number with its sign, as tmux writes it.
func id(sign rune, number uint64) string { return string(sign) + strconv.FormatUint(number, 10) }

// panes are those of a tmux server that are active, or dead and to remain, in the order
// in which they were made.
type panes []pane

// look asks which panes there are, and reads what is kept of earlier words.
func (c *call) look() error {
	all, err := c.sessions.ListAll(c.request())
	if err != nil {
		return err
	}
	if c.kept, err = c.read(); err != nil {
		return err
	}
	c.panes = nil
	for _, s := range all {
		p, is := paneOf(s)
		if is && cmp.Or(s.Labels[labelServer], DefaultServer) == c.Server && (s.Exit == nil || c.remains(p)) {
			c.panes = append(c.panes, p)
		}
	}
	// A tmux server ends with its last pane: what it held is not the next one's.
	if !slices.ContainsFunc(c.panes, func(p pane) bool { return slices.Contains(c.kept.Panes, p.ID) }) {
		c.kept = &kept{}
		c.panes = c.panes.where(func(p pane) bool { return p.Exit == nil })
	}
	for i, p := range c.panes {
		if p.own() && len(c.panes.group(p.name)) > 1 {
			c.panes[i].name = p.name + "_" + id('p', p.number)
		}
	}
	return nil
}

// remains reports whether an ended pane stays where it is.
func (c *call) remains(p pane) bool {
	how, since := c.optionSince("remain-on-exit", p)
	return p.EndedAt.After(since) && (how == "on" || how == "failed" && *p.Exit != exec.ExitStatus{})
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
	return ps.where(func(p pane) bool { return p.name == name })
}

// window are the panes of a window, in their order there.
func (ps panes) window(number uint64) panes {
	found := ps.where(func(p pane) bool { return p.window == number })
	slices.SortStableFunc(found, func(a, b pane) int { return cmp.Compare(a.order, b.order) })
	return found
}

// orderBeside is the order of a new pane behind one of a window's panes, or before it;
// full is behind or before all of them.
func (ps panes) orderBeside(p pane, before, full bool) float64 {
	at := ps.place(p)
	switch {
	case before && (full || at == 0):
		return ps[0].order - 1
	case before:
		return (ps[at-1].order + p.order) / 2
	case full || at == len(ps)-1:
		return ps[len(ps)-1].order + 1
	}
	return (p.order + ps[at+1].order) / 2
}

// current is the one that became active last.
func (ps panes) current() pane {
	return slices.MaxFunc(ps, func(a, b pane) int { return cmp.Compare(a.active, b.active) })
}

// groups are the names of the tmux sessions, sorted as tmux lists them.
func (ps panes) groups() (names []string) {
	for _, p := range ps {
		names = append(names, p.name)
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

// place is where among the panes one stands; they have it.
func (ps panes) place(p pane) int {
	return slices.IndexFunc(ps, func(q pane) bool { return q.ID == p.ID })
}

// printList prints those panes that -f lets through, of which -F says how.
func (c *call) printList(ps panes, format string) error {
	if given, has := c.flags['F']; has {
		format = given
	} else if format == "" {
		return fmt.Errorf("%s without -F is not understood", c.word)
	}
	filter, has := c.flags['f']
	for i, p := range ps {
		c.line = i
		if has {
			text, err := c.expand(filter, p)
			if err != nil {
				return err
			}
			if !truthOf(text) {
				continue
			}
		}
		if err := c.print(format, p); err != nil {
			return err
		}
	}
	return nil
}

// truthOf is whether tmux takes a text for true.
func truthOf(text string) bool { return text != "" && strings.TrimSpace(text) != "0" }
