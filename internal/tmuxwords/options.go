package tmuxwords

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Whose options are that no tmux session, window or pane has for itself.
const (
	ofServer   = "server"
	ofSessions = "session"
	ofWindows  = "window"
)

// option is a value that was set.
type option struct {
	Value string    `json:"value"`
	Set   time.Time `json:"set"`
}

// knownOption is a row of the table of options that are understood.
type knownOption struct {
	of    string // ofServer, ofSessions or ofWindows: what has it
	panes bool   // panes have it as well
	kind  string // flag, number, text, style, only, or what there is to choose from
	name  string
	value string // the default
}

// optionTable are the options of tmux that are understood. Those with an effect are
// remain-on-exit, base-index, pane-base-index, default-command, default-size and
// default-terminal. Of the kind "only" would be others with one that sessions cannot
// have: they take nothing but their default. All the rest is about keys, colours and
// borders, of which a session has none: it is kept, and told again.
const optionTable = `
server number buffer-limit 50
server text copy-command
server text default-terminal xterm-256color
server number escape-time 500
server flag exit-empty on
server only exit-unattached off
server off|on|always extended-keys off
server flag focus-events off
server text history-file
server number message-limit 1000
server number prompt-history-limit 100
server off|external|on set-clipboard external
session none|any|current|other activity-action other
session number base-index 0
session none|any|current|other bell-action any
session text default-command
session text default-size 80x24
session only destroy-unattached off
session off|on|no-detached detach-on-destroy on
session text display-panes-active-colour red
session text display-panes-colour blue
session number display-panes-time 1000
session number display-time 750
session number history-limit 2000
session only lock-after-time 0
session style message-command-style bg=black,fg=yellow
session style message-style bg=yellow,fg=black
session flag mouse off
session text prefix C-b
session text prefix2 None
session only renumber-windows off
session number repeat-time 500
session flag set-titles off
session text set-titles-string #S:#I:#W - "#T" #{session_alerts}
session none|any|current|other silence-action other
session off|on|2|3|4|5 status on
session text status-bg default
session text status-fg default
session number status-interval 15
session left|centre|right|absolute-centre status-justify left
session emacs|vi status-keys emacs
session text status-left [#{session_name}] ` + `
session number status-left-length 10
session style status-left-style default
session top|bottom status-position bottom
session text status-right #{?window_bigger,[#{window_offset_x}#,#{window_offset_y}] ,}"#{=21:pane_title}" %H:%M %d-%b-%y
session number status-right-length 40
session style status-right-style default
session style status-style bg=green,fg=black
session off|on|both visual-activity off
session off|on|both visual-bell off
session off|on|both visual-silence off
window flag aggressive-resize off
pane flag allow-passthrough off
pane flag allow-rename off
pane only alternate-screen on
window flag automatic-rename on
window text automatic-rename-format #{?pane_in_mode,[tmux],#{pane_current_command}}#{?pane_dead,[dead],}
window text clock-mode-colour blue
window 12|24 clock-mode-style 24
window text main-pane-height 24
window text main-pane-width 80
window emacs|vi mode-keys emacs
window style mode-style bg=yellow,fg=black
window flag monitor-activity off
window flag monitor-bell on
window number monitor-silence 0
window text other-pane-height 0
window text other-pane-width 0
window style pane-active-border-style #{?pane_in_mode,fg=yellow,#{?synchronize-panes,fg=red,fg=green}}
window number pane-base-index 0
pane text pane-border-format #{?pane_active,#[reverse],}#{pane_index}#[default] "#{pane_title}"
window off|colour|arrows|both pane-border-indicators colour
window single|double|heavy|simple|number pane-border-lines single
window off|top|bottom pane-border-status off
window style pane-border-style default
pane off|on|failed remain-on-exit off
pane flag scroll-on-clear on
pane only synchronize-panes off
pane style window-active-style default
window only window-size latest
pane style window-style default
window style window-status-activity-style reverse
window style window-status-bell-style reverse
window text window-status-current-format #I:#W#{?window_flags,#{window_flags}, }
window style window-status-current-style default
window text window-status-format #I:#W#{?window_flags,#{window_flags}, }
window style window-status-last-style default
window text window-status-separator  ` + `
window style window-status-style default
window flag wrap-search on
`

// knownOptions reads the table.
func knownOptions() (all []knownOption) {
	for row := range strings.SplitSeq(strings.Trim(optionTable, "\n"), "\n") {
		part := append(strings.SplitN(row, " ", 4), "")
		o := knownOption{of: part[0], kind: part[1], name: part[2], value: part[3]}
		if o.of == "pane" {
			o.of, o.panes = ofWindows, true
		}
		all = append(all, o)
	}
	return all
}

// errNoOption is what tmux says of a name that no option has.
type errNoOption string

func (e errNoOption) Error() string { return "invalid option: " + string(e) }

// optionNamed returns a row of the table; of a user's option one that has no default.
func optionNamed(name string) (knownOption, error) {
	if strings.HasPrefix(name, "@") {
		return knownOption{kind: "text", name: name}, nil
	}
	all := knownOptions()
	if i := slices.IndexFunc(all, func(o knownOption) bool { return o.name == name }); i >= 0 {
		return all[i], nil
	}
	return knownOption{}, errNoOption(name)
}

// users reports whether it is an option of the user's own.
func (o knownOption) users() bool { return o.name[0] == '@' }

// optionSince is the value of an option as a pane has it, and since when: the server's,
// as with tmux, else its own, its window's, its tmux session's, or that of all.
func (c *call) optionSince(name string, p pane) (value string, since time.Time) {
	for _, of := range []string{ofServer, id('%', p.number), id('@', p.window), ofWindows, id('$', p.session), ofSessions} {
		if o, set := c.kept.Options[of][name]; set {
			return o.Value, o.Set
		}
	}
	o, _ := optionNamed(name)
	return o.value, time.Time{}
}

// option is optionSince without the time.
func (c *call) option(name string, p pane) string {
	value, _ := c.optionSince(name, p)
	return value
}

// numberOption is an option that is a number.
func (c *call) numberOption(name string, p pane) int {
	n, _ := strconv.Atoi(c.option(name, p))
	return n
}

// paneBase is the index of a window's first pane.
func (c *call) paneBase(p pane) int { return c.numberOption("pane-base-index", p) }

// optionsOf returns whose options the flags mean, of those that o may be of, and who has
// those that are not set there.
func (c *call) optionsOf(o knownOption) (of string, inherits []string, err error) {
	what := o.of
	switch {
	case !o.users() && o.name != "any":
	case c.has('s'):
		what = ofServer
	case c.has('p'), c.has('w'):
		what = ofWindows
	default:
		what = ofSessions
	}
	switch {
	case what == ofServer:
		return ofServer, nil, nil
	case c.has('g'):
		return what, nil, nil
	}
	p, err := c.target(map[bool]string{true: "session", false: "pane"}[what == ofSessions])
	switch {
	case err != nil:
		return "", nil, err
	case what == ofSessions:
		return id('$', p.session), []string{ofSessions}, nil
	case c.has('p') && (o.panes || o.users() || o.name == "any"):
		return id('%', p.number), []string{id('@', p.window), ofWindows}, nil
	}
	return id('@', p.window), []string{ofWindows}, nil
}

func (c *call) setOption() error {
	if c.word == "set-window-option" {
		c.flags['w'] = ""
	}
	return c.change(func() error {
		err := c.setOptionHere()
		var none errNoOption
		if c.has('q') && errors.As(err, &none) {
			return nil
		}
		return err
	})
}

// setOptionHere is setOption of what is kept now.
func (c *call) setOptionHere() error {
	if len(c.args) == 0 {
		return errors.New("set-option needs the name of an option")
	}
	o, err := optionNamed(c.args[0])
	if err != nil {
		return err
	}
	of, inherits, err := c.optionsOf(o)
	if err != nil {
		return err
	}
	before, set := c.kept.Options[of][o.name]
	if c.has('u') {
		if len(c.args) > 1 {
			return errors.New("set-option -u takes no value")
		}
		delete(c.kept.Options[of], o.name)
		return nil
	}
	if c.has('o') && set {
		if c.has('q') {
			return nil
		}
		return fmt.Errorf("already set: %s", o.name)
	}
	if !set && (len(inherits) == 0 || o.kind == "flag") { // nothing is put behind what others have
		before.Value = o.value
		for _, from := range slices.Backward(inherits) {
			before.Value = cmp.Or(c.kept.Options[from][o.name].Value, before.Value)
		}
	}
	value, err := c.newValue(o, before.Value)
	if err != nil {
		return err
	}
	c.set(of, o.name, value)
	return nil
}

// set sets an option that somebody has.
func (c *call) set(of, name, value string) {
	if c.kept.Options == nil {
		c.kept.Options = map[string]map[string]option{}
	}
	if c.kept.Options[of] == nil {
		c.kept.Options[of] = map[string]option{}
	}
	c.kept.Options[of][name] = option{value, time.Now()}
}

// newValue is what an option gets that has a value already.
func (c *call) newValue(o knownOption, was string) (string, error) {
	if len(c.args) < 2 {
		switch {
		case o.kind == "flag" && was == "on":
			return "off", nil
		case o.kind == "flag":
			return "on", nil
		}
		return "", errors.New("empty value")
	}
	value := c.args[1]
	if c.has('F') {
		p, err := c.target("pane")
		if err != nil {
			return "", err
		}
		if value, err = c.expand(value, p); err != nil {
			return "", err
		}
	}
	switch {
	case o.kind == "text" && c.has('a'):
		return was + value, nil
	case o.kind == "style" && c.has('a') && was != "":
		return was + "," + value, nil
	}
	return o.check(value)
}

// check returns a value as the option has it.
func (o knownOption) check(value string) (string, error) {
	switch o.kind {
	case "text", "style":
		if o.name == "default-size" {
			if _, err := sizeOf(value); err != nil {
				return "", err
			}
		}
		return value, nil
	case "only":
		if value != o.value {
			return "", fmt.Errorf("the value %q of the option %s is not understood: there is only %s", value, o.name, o.value)
		}
		return value, nil
	case "number":
		if n, err := strconv.ParseUint(value, 10, 31); err == nil {
			return strconv.FormatUint(n, 10), nil
		}
		return "", fmt.Errorf("value is invalid: %s", value)
	case "flag":
		if i := slices.Index([]string{"on", "yes", "1", "off", "no", "0"}, strings.ToLower(value)); i >= 0 {
			return map[bool]string{true: "on", false: "off"}[i < 3], nil
		}
		return "", fmt.Errorf("bad value: %s", value)
	}
	if slices.Contains(strings.Split(o.kind, "|"), value) {
		return value, nil
	}
	return "", fmt.Errorf("unknown value: %s", value)
}

func (c *call) showOptions() error {
	if c.word == "show-window-options" {
		c.flags['w'] = ""
	}
	if len(c.panes) == 0 {
		return ErrNoServer
	}
	if len(c.args) == 0 {
		return c.showAllOptions()
	}
	o, err := optionNamed(c.args[0])
	if err == nil {
		err = c.showOption(o)
	}
	var none errNoOption
	if c.has('q') && errors.As(err, &none) {
		return nil
	}
	return err
}

// showOption shows one option, which need not be set.
func (c *call) showOption(o knownOption) error {
	of, inherits, err := c.optionsOf(o)
	if err != nil {
		return err
	}
	if set, is := c.kept.Options[of][o.name]; is {
		return c.printOption(o.name, set.Value)
	}
	if len(inherits) == 0 && !o.users() {
		return c.printOption(o.name, o.value)
	}
	if c.has('A') {
		for _, of := range inherits {
			if set, is := c.kept.Options[of][o.name]; is {
				return c.printOption(o.name+"*", set.Value)
			}
		}
		if !o.users() {
			return c.printOption(o.name+"*", o.value)
		}
	}
	if o.users() {
		return errNoOption(o.name)
	}
	return nil
}

// showAllOptions shows the user's own by name and then the others in the table's order.
func (c *call) showAllOptions() error {
	of, inherits, err := c.optionsOf(knownOption{name: "any", panes: true})
	if err != nil {
		return err
	}
	if !c.has('A') || c.has('g') {
		inherits = nil
	}
	names := slices.Sorted(maps.Keys(c.kept.Options[of]))
	for _, from := range inherits {
		for _, name := range slices.Sorted(maps.Keys(c.kept.Options[from])) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		if name[0] == '@' {
			if err := c.showOption(knownOption{name: name, kind: "text"}); err != nil {
				return err
			}
		}
	}
	global := of == ofServer || c.has('g')
	for _, o := range knownOptions() {
		_, set := c.kept.Options[of][o.name]
		if mine, _, err := c.optionsOf(o); err != nil {
			return err
		} else if mine == of && (set || global || c.has('A')) {
			if err := c.showOption(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *call) printOption(name, value string) error {
	if c.has('v') {
		return c.println(value)
	}
	return c.println(name + " " + quoted(value))
}

// quoted is a value as a file of tmux's settings would have it.
func quoted(value string) string {
	switch {
	case value == "":
		return "''"
	case len(value) == 1 && strings.Contains("#';${}%\"~", value):
		return `\` + value
	case strings.ContainsAny(value, " #';${}%"):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`, "\t", `\t`).Replace(value) + `"`
	case strings.Contains(value, `"`):
		return "'" + strings.ReplaceAll(value, `\`, `\\`) + "'"
	case value[0] == '~':
		return `\` + value
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`).Replace(value)
}
