package tmuxwords

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// Sessions is what panes are made of. Manager and PluginClient are Sessions.
type Sessions interface {
	exec.Driver
	exec.Lister
	exec.Killer
	CreateSession(ctx *types.PluginContext, opts exec.SessionOptions) (*exec.Session, error)
}

// New is what a word asks of a new session.
type New struct {
	Name    string
	Command []string
	Dir     string
	Env     []string
	Labels  map[string]string
	Size    exec.Size
}

// Config says how words reach sessions.
type Config struct {
	// With calls do with the sessions; with start, a server is started if there is none.
	// Without one it returns ErrNoServer.
	With func(ctx context.Context, start bool, do func(Sessions) error) error
	// Options makes what CreateSession takes.
	Options func(New) (exec.SessionOptions, error)
	// Inside is the ID of the session that the words are said in; it may be empty.
	Inside string
	Out    io.Writer
}

// ErrNoServer is what Config.With returns where no server runs.
var ErrNoServer = errors.New("no server running")

// word is a word with its other name, the flags that it takes, those with a value, and
// whether it takes arguments.
type word struct {
	name, alias   string
	plain, valued string
	do            func(*call) error
	args          int // at most that many; -1 is any number
}

// words are those that are understood.
func words() []word {
	return []word{
		{"new-session", "new", "dP", "snctxyFe", (*call).newSession, -1},
		{"new-window", "neww", "dP", "nctFe", (*call).newWindow, -1},
		{"split-window", "splitw", "dPhv", "ctFelp", (*call).splitWindow, -1},
		{"has-session", "has", "", "t", (*call).hasSession, 0},
		{"list-sessions", "ls", "", "F", (*call).listSessions, 0},
		{"list-windows", "lsw", "a", "tF", (*call).listWindows, 0},
		{"list-panes", "lsp", "as", "tF", (*call).listPanes, 0},
		{"send-keys", "send", "l", "t", (*call).sendKeys, -1},
		{"capture-pane", "capturep", "pJ", "tSE", (*call).capturePane, 0},
		{"display-message", "display", "p", "t", (*call).displayMessage, 1},
		{"select-window", "selectw", "", "t", (*call).selectWindow, 0},
		{"select-pane", "selectp", "", "t", (*call).selectPane, 0},
		{"kill-session", "", "", "t", (*call).killSession, 0},
		{"kill-window", "killw", "", "t", (*call).killWindow, 0},
		{"kill-pane", "killp", "", "t", (*call).killPane, 0},
	}
}

// Words returns the names of the words that are understood.
func Words() (names []string) {
	for _, w := range words() {
		names = append(names, w.name)
	}
	return names
}

// call is a word that is being done.
type call struct {
	Config
	ctx      context.Context
	sessions Sessions
	word     string
	flags    map[byte]string
	many     []string // of -e, which may be repeated
	args     []string
	panes    panes
}

// Do does what one line of words says.
func Do(ctx context.Context, cfg Config, line []string) error {
	if len(line) == 0 {
		return errors.New("no word of tmux: it is one of " + strings.Join(Words(), ", "))
	}
	if line[0] == "-V" && len(line) == 1 {
		_, err := io.WriteString(cfg.Out, "tmux 3.4\n")
		return err
	}
	for _, w := range words() {
		if w.name != line[0] && (w.alias == "" || w.alias != line[0]) {
			continue
		}
		c := &call{Config: cfg, ctx: ctx, word: w.name, flags: map[byte]string{}}
		if err := c.parse(w, line[1:]); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		err := cfg.With(ctx, w.name == "new-session", func(sessions Sessions) error {
			c.sessions = sessions
			if err := c.look(); err != nil {
				return err
			}
			return w.do(c)
		})
		return err
	}
	return fmt.Errorf("%q is not understood: of tmux's words there are %s", line[0], strings.Join(Words(), ", "))
}

// parse reads flags as getopt does.
func (c *call) parse(w word, line []string) error {
	for len(line) > 0 && len(line[0]) > 1 && line[0][0] == '-' {
		group := line[0][1:]
		line = line[1:]
		if group == "-" {
			break
		}
		for i := 0; i < len(group); i++ {
			f := group[i]
			switch {
			case strings.IndexByte(w.plain, f) >= 0:
				c.flags[f] = ""
				continue
			case strings.IndexByte(w.valued, f) < 0:
				return fmt.Errorf("the flag -%c is not understood", f)
			}
			value := group[i+1:]
			if value == "" {
				if len(line) == 0 {
					return fmt.Errorf("-%c needs a value", f)
				}
				value, line = line[0], line[1:]
			}
			if f == 'e' {
				c.many = append(c.many, value)
			}
			c.flags[f] = value
			break
		}
	}
	if slices.Contains(line, ";") {
		return errors.New(`";" between two words is not understood: say them one by one`)
	}
	if w.args >= 0 && len(line) > w.args {
		return fmt.Errorf("%q is not understood", line[w.args])
	}
	c.args = line
	return nil
}

func (c *call) has(flag byte) bool {
	_, has := c.flags[flag]
	return has
}

func (c *call) request() *types.PluginContext {
	return &types.PluginContext{Context: c.ctx, RequestID: "xsh-tmux"}
}

// println prints a line to whoever said the word.
func (c *call) println(text string) error {
	_, err := fmt.Fprintln(c.Out, text)
	return err
}
