package tmuxwords

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// Sessions is what panes are made of. Manager and PluginClient are Sessions.
type Sessions interface {
	exec.Driver
	exec.Lister
	exec.Killer
	exec.Remover
	ResizeSession(ctx *types.PluginContext, sessionID string, rows, cols int32) error
	CreateSession(ctx *types.PluginContext, opts exec.SessionOptions) (*exec.Session, error)
}

// New is what a word asks of a new session.
type New struct {
	Name    string
	Command []string
	Dir     string
	Env     []string
	Size    exec.Size
	Server  string // the tmux server
	Session uint64 // the number of the tmux session; 0 is the pane's own
}

// Config says how words reach sessions.
type Config struct {
	// With calls do with the sessions; with start, a server is started if there is none.
	// Without one it returns ErrNoServer.
	With func(ctx context.Context, start bool, do func(Sessions) error) error
	// Options makes what CreateSession takes.
	Options func(New) (exec.SessionOptions, error)
	// Styled is the text of a line with the sequences that give it its colours.
	Styled func([]exec.Run) string
	// Inside is the ID of the session that the words are said in, and InsidePane what
	// $TMUX_PANE has; they may be empty.
	Inside, InsidePane string
	// Dir is a directory of the user's own for what words leave.
	Dir string
	// Socket is where the sockets of tmux servers would be, and Server is the one that
	// words are about which name none.
	Socket, Server string

	In  io.Reader
	Out io.Writer
}

// Version is the release of tmux whose words are done.
const Version = "3.4"

// ErrNoServer is what Config.With returns where no server runs.
var ErrNoServer = errors.New("no server running")

// word is a word with its other name, the flags that it takes, those with a value, and
// whether it takes arguments.
type word struct {
	name, alias   string
	plain, valued string
	do            func(*call) error
	least, most   int // arguments; -1 is any number
}

// words are those that are understood.
func words() []word {
	return []word{
		{"new-session", "new", "dP", "snctxyFe", (*call).newSession, 0, -1},
		{"new-window", "neww", "dP", "nctFe", (*call).newWindow, 0, -1},
		{"split-window", "splitw", "bdfPhvZ", "ctFelp", (*call).splitWindow, 0, -1},
		{"has-session", "has", "", "t", (*call).hasSession, 0, 0},
		{"list-sessions", "ls", "", "Ff", (*call).listSessions, 0, 0},
		{"list-windows", "lsw", "a", "tFf", (*call).listWindows, 0, 0},
		{"list-panes", "lsp", "as", "tFf", (*call).listPanes, 0, 0},
		{"send-keys", "send", "Hl", "tN", (*call).sendKeys, 0, -1},
		{"capture-pane", "capturep", "eJp", "btSE", (*call).capturePane, 0, 0},
		{"display-message", "display", "p", "tF", (*call).displayMessage, 0, 1},
		{"select-window", "selectw", "lnp", "t", (*call).selectWindow, 0, 0},
		{"next-window", "next", "", "t", (*call).selectWindow, 0, 0},
		{"previous-window", "prev", "", "t", (*call).selectWindow, 0, 0},
		{"last-window", "last", "", "t", (*call).selectWindow, 0, 0},
		{"select-pane", "selectp", "Z", "tTP", (*call).selectPane, 0, 0},
		{"select-layout", "selectl", "Enop", "t", (*call).selectLayout, 0, 1},
		{"resize-pane", "resizep", "Z", "txy", (*call).resize, 0, 0},
		{"resize-window", "resizew", "", "txy", (*call).resize, 0, 0},
		{"rename-session", "rename", "", "t", (*call).renameSession, 1, 1},
		{"rename-window", "renamew", "", "t", (*call).renameWindow, 1, 1},
		{"clear-history", "clearhist", "", "t", (*call).clearHistory, 0, 0},
		{"kill-session", "", "a", "t", (*call).killSession, 0, 0},
		{"kill-window", "killw", "a", "t", (*call).killWindow, 0, 0},
		{"kill-pane", "killp", "a", "t", (*call).killPane, 0, 0},
		{"kill-server", "", "", "", (*call).killServer, 0, 0},
		{"wait-for", "wait", "LSU", "", (*call).waitFor, 1, 1},
		{"set-option", "set", "aFgopqsuw", "t", (*call).setOption, 1, 2},
		{"set-window-option", "setw", "aFgoqu", "t", (*call).setOption, 1, 2},
		{"show-options", "show", "AgHpqsvw", "t", (*call).showOptions, 0, 1},
		{"show-window-options", "showw", "gv", "t", (*call).showOptions, 0, 1},
		{"set-buffer", "setb", "a", "b", (*call).setBuffer, 1, 1},
		{"load-buffer", "loadb", "", "b", (*call).loadBuffer, 1, 1},
		{"paste-buffer", "pasteb", "dpr", "bst", (*call).pasteBuffer, 0, 0},
		{"show-buffer", "showb", "", "b", (*call).showBuffer, 0, 0},
		{"list-buffers", "lsb", "", "F", (*call).listBuffers, 0, 0},
		{"delete-buffer", "deleteb", "", "b", (*call).deleteBuffer, 0, 0},
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
	do       func(*call) error
	flags    map[byte]string
	many     []string // of -e, which may be repeated
	args     []string
	panes    panes
	kept     *kept
	locked   bool         // alone has the lock
	after    func() error // what is done when the sessions are not needed any more; may be nil

	made string // the tmux session that a word before this one in the line has made; or none

	line    int          // that is being printed, of a list
	screen  *exec.Screen // that was looked at last
	process process      // the same
}

// Do does what one line of words says: one word, or several with a ; between them, of
// which the next is done if the one before did not fail. Nothing is done of a line that
// is not understood.
func Do(ctx context.Context, cfg Config, line []string) error {
	if len(line) == 1 && line[0] == "-V" {
		_, err := io.WriteString(cfg.Out, "tmux "+Version+"\n")
		return err
	}
	line, err := cfg.before(line)
	if err != nil {
		return err
	}
	var calls []*call
	for _, one := range sequence(line) {
		c, err := newCall(ctx, cfg, one)
		if err != nil {
			return err
		}
		calls = append(calls, c)
	}
	if len(calls) == 0 {
		return errors.New("no word of tmux: it is one of " + strings.Join(Words(), ", "))
	}
	made := ""
	for _, c := range calls {
		c.made = made
		if err := c.run(); err != nil {
			return err
		}
		made = c.made
	}
	return nil
}

// sequence splits a line where an argument ends with ; as tmux does. One that is to end
// with that has it as \;.
func sequence(line []string) (words [][]string) {
	var word []string
	for _, arg := range append(slices.Clone(line), ";") {
		text, ends := strings.CutSuffix(arg, ";")
		if quoted, is := strings.CutSuffix(text, `\`); ends && is {
			text, ends = quoted+";", false
		}
		if text != "" || !ends {
			word = append(word, text)
		}
		if ends && len(word) > 0 {
			words, word = append(words, word), nil
		}
	}
	return words
}

// newCall understands one word with its flags and arguments.
func newCall(ctx context.Context, cfg Config, line []string) (*call, error) {
	for _, w := range words() {
		if w.name != line[0] && (w.alias == "" || w.alias != line[0]) {
			continue
		}
		c := &call{Config: cfg, ctx: ctx, word: w.name, do: w.do, flags: map[byte]string{}}
		if err := c.parse(w, line[1:]); err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("%q is not understood: of tmux's words there are %s", line[0], strings.Join(Words(), ", "))
}

// run does the word.
func (c *call) run() error {
	err := c.With(c.ctx, c.word == "new-session", func(sessions Sessions) error {
		c.sessions = sessions
		if err := c.look(); err != nil {
			return err
		}
		return c.do(c)
	})
	if err == nil && c.after != nil {
		return c.after()
	}
	return err
}

// before takes the flags that stand before a word: which tmux server it is about, and
// those that say how a terminal is drawn on.
func (cfg *Config) before(line []string) ([]string, error) {
	for len(line) > 0 && len(line[0]) > 1 && line[0][0] == '-' {
		flag, value := line[0][:2], line[0][2:]
		line = line[1:]
		if flag == "-2" || flag == "-u" {
			if value != "" {
				line = append([]string{"-" + value}, line...)
			}
			continue
		}
		if !slices.Contains([]string{"-L", "-S", "-f"}, flag) {
			return nil, fmt.Errorf("the flag %s before the word is not understood", flag)
		}
		if value == "" {
			if len(line) == 0 {
				return nil, fmt.Errorf("%s needs a value", flag)
			}
			value, line = line[0], line[1:]
		}
		if flag == "-S" { // it may be what $TMUX says
			dir, name := filepath.Split(value)
			if filepath.Clean(dir) != cfg.Socket {
				return nil, fmt.Errorf("-S %s is not understood: -L names another server", value)
			}
			value = name
		}
		switch err := selector.CheckValue(value); {
		case flag == "-f" && value == "/dev/null":
		case flag == "-f":
			return nil, fmt.Errorf("-f %s is not understood: there are no settings of tmux to read", value)
		case err != nil || value == "":
			return nil, fmt.Errorf("bad name of a server %q", value)
		default:
			cfg.Server = value
		}
	}
	return line, nil
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
	if w.most >= 0 && len(line) > w.most {
		return fmt.Errorf("%q is not understood", line[w.most])
	}
	if len(line) < w.least {
		return fmt.Errorf("it needs an argument")
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
