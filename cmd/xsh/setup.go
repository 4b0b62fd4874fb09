package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/jsonedit"
)

type setupOptions struct {
	Remove, Print, Yes bool
}

// agent is a program whose hooks xsh setup knows: the one place that knows agents by
// name.
type agent struct {
	name, title string
	// home is the variable of the directory with its settings, and dir where that is
	// in the user's home without it.
	home, dir, file string
	// resume is the command that goes on with a conversation, of which $id is the ID.
	resume string
	after  string // what is to be done then
	events []agentEvent
}

// agentEvent is a hook: on the event, whose matcher may be empty, run is run.
type agentEvent struct{ event, matcher, run string }

// Both have the same form of hooks: https://code.claude.com/docs/en/hooks and
// https://developers.openai.com/codex/hooks. A hook is given JSON, and what it prints
// may be read by the agent: these print nothing and fail never.
var agents = []agent{
	{
		name: "claude", title: "Claude Code", home: "CLAUDE_CONFIG_DIR", dir: ".claude", file: "settings.json",
		resume: "claude --resume $id",
		events: []agentEvent{
			{"SessionStart", "startup|resume|clear", ""}, // not within a turn, as behind a compaction
			{"UserPromptSubmit", "", "working"},
			{"PostToolUse", "", "working"},
			{"Notification", "permission_prompt|elicitation_dialog", "blocked --message-key message"},
			{"Stop", "", "idle"},
			{"SessionEnd", "", "--clear"},
		},
	},
	{
		name: "codex", title: "Codex", home: "CODEX_HOME", dir: ".codex", file: "hooks.json",
		resume: "codex resume $id",
		after:  "Codex asks to trust new hooks: /hooks shows them",
		events: []agentEvent{
			{"SessionStart", "startup|resume|clear", ""},
			{"UserPromptSubmit", "", "working"},
			{"PostToolUse", "", "working"},
			{"PermissionRequest", "", "blocked --message-key tool_name"},
			{"Stop", "", "idle"},
		},
	},
}

func newSetupCommand(a *app) *cobra.Command {
	o := &setupOptions{}
	var names []string
	for _, g := range agents {
		names = append(names, g.name)
	}
	cmd := &cobra.Command{
		Use:   "setup AGENT",
		Short: "Have a coding agent report what it is at",
		Long: `Write hooks into the settings of a coding agent, ` + orList(names) + `: it reports its
state to the session that it runs in (xsh report), and what goes on with its
conversation when the session is started again (xsh restart-with). Outside of
sessions the hooks do nothing.

The change is shown first, and written when you say so or with --yes; all else
in the file stays as it is, byte for byte, and --remove takes away no more than
what was added. A file that is not what the agent's documentation describes is
not touched. --print prints the lines, for you to paste, also for other agents.
` + exitCodesHelp,
		Example: `  xsh setup claude
  xsh setup codex --print
  xsh setup claude --remove --yes`,
		Args:      args(cobra.ExactArgs(1), "one AGENT: "+orList(names)),
		ValidArgs: names,
		RunE:      func(cmd *cobra.Command, list []string) error { return runSetup(cmd.Context(), a, o, list[0]) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.Remove, "remove", false, "take away what was added")
	f.BoolVar(&o.Print, "print", false, "print the hooks, and change nothing")
	f.BoolVarP(&o.Yes, "yes", "y", false, "write without asking")
	return cmd
}

func runSetup(_ context.Context, a *app, o *setupOptions, name string) error {
	g, err := agentNamed(name)
	if err != nil {
		return err
	}
	if o.Print {
		if o.Remove || o.Yes {
			return usagef("--print goes with no other flag")
		}
		text, err := g.apply(emptyObject, false)
		if err == nil {
			_, err = io.WriteString(a.out, text)
		}
		return err
	}
	file, err := g.path(a.getenv)
	if err != nil {
		return err
	}
	before, mode, err := readSettings(file)
	if err != nil {
		return err
	}
	after, err := g.change(before, o.Remove)
	if err != nil {
		return withHint(fmt.Errorf("%s is not changed: %w", file, err), "xsh setup "+g.name+" --print prints what to write there")
	}
	if after == before {
		fmt.Fprintf(a.err, "xsh: nothing to change in %s\n", harmless(file))
		return nil
	}
	showChange(a.err, file, before, after)
	if !o.Yes {
		if err := confirm(a); err != nil {
			return err
		}
	}
	if err := writeSettings(file, after, mode); err != nil {
		return err
	}
	if g.after != "" && !o.Remove {
		fmt.Fprintf(a.err, "xsh: %s\n", g.after)
	}
	return nil
}

func agentNamed(name string) (agent, error) {
	var names []string
	for _, g := range agents {
		if g.name == name {
			return g, nil
		}
		names = append(names, g.name)
	}
	hint := "it knows " + orList(names) + "; for others xsh setup claude --print shows which hooks to make"
	if near := nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return agent{}, withHint(usagef("no such agent %q", name), hint)
}

// path is the agent's file of settings; a link is followed, so that it stays one.
func (g agent) path(getenv func(string) string) (string, error) {
	dir := getenv(g.home)
	if dir == "" {
		home := getenv("HOME")
		if home == "" {
			return "", errors.New("HOME is not set, where the settings of " + g.title + " are")
		}
		dir = filepath.Join(home, g.dir)
	}
	file := filepath.Join(dir, g.file)
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real, nil
	}
	return file, nil
}

// edits are what is added to the settings.
func (g agent) edits() (all []jsonedit.Edit) {
	for _, e := range g.events {
		command := "xsh report " + e.run + " --if-inside || true"
		if e.run == "" {
			command = `[ -z "$XSH_SESSION_ID" ] || { ` +
				`id=$(tr -d '\n' | sed -n 's/.*"session_id" *: *"\([A-Za-z0-9-]*\)".*/\1/p'); ` +
				`[ -z "$id" ] || xsh restart-with -- ` + g.resume + `; xsh report idle; } || true`
		}
		hook := map[string]any{"hooks": []any{map[string]any{"type": "command", "command": command, "timeout": 10}}}
		if e.matcher != "" {
			hook["matcher"] = e.matcher
		}
		var element strings.Builder
		enc := json.NewEncoder(&element)
		enc.SetEscapeHTML(false)
		enc.Encode(hook) // of strings and numbers
		all = append(all, jsonedit.Edit{Outer: "hooks", Inner: e.event, Element: strings.TrimSpace(element.String())})
	}
	return all
}

// emptyObject is the file of an agent that has none yet.
const emptyObject = "{\n}\n"

// apply adds the hooks to a text, or takes them away.
func (g agent) apply(text string, remove bool) (string, error) {
	all := g.edits()
	for i := range all { // the last that was added first
		var err error
		if remove {
			text, err = jsonedit.Remove(text, all[i])
		} else {
			text, err = jsonedit.Add(text, all[len(all)-1-i])
		}
		if err != nil {
			return "", err
		}
	}
	return text, nil
}

// change is apply for a file, which may not be there: its text is empty then. What
// is added can be taken away to the byte, or is not added.
func (g agent) change(before string, remove bool) (string, error) {
	text := before
	if text == "" && !remove {
		text = emptyObject
	}
	if text == "" {
		return "", nil
	}
	after, err := g.apply(text, remove)
	if err != nil {
		return "", err
	}
	if remove && after == emptyObject && after != before { // made by us
		return "", nil
	}
	if !remove && after != text {
		if back, err := g.apply(after, true); err != nil || back != text {
			return "", errors.New("some of the hooks are there, and could not be told from what is added")
		}
	}
	return after, nil
}

// maxSettings bounds an agent's file of settings.
const maxSettings = 4 << 20

// readSettings reads a file, which may not be there.
func readSettings(file string) (text string, mode fs.FileMode, err error) {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", 0o600, nil
	case err != nil:
		return "", 0, err
	case !st.Mode().IsRegular() || st.Size() > maxSettings:
		return "", 0, fmt.Errorf("%s is no file of settings", file)
	}
	data, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(data))) == 0 && len(data) > 0 {
		err = fmt.Errorf("%s is not changed: it is empty, and no JSON", file)
	}
	return string(data), st.Mode().Perm(), err
}

// writeSettings puts a new file in the place of the old one; none for no text.
func writeSettings(file, text string, mode fs.FileMode) error {
	if text == "" {
		return os.Remove(file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".xsh-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// showChange shows which lines come and go, of a text to which lines are added or of
// which lines are taken away.
func showChange(w io.Writer, file, before, after string) {
	fmt.Fprintf(w, "%s:\n", harmless(file))
	more, fewer, mark := strings.Split(after, "\n"), strings.Split(before, "\n"), "+"
	if len(after) < len(before) {
		more, fewer, mark = fewer, more, "-"
	}
	for _, line := range more {
		if len(fewer) > 0 && line == fewer[0] {
			fewer = fewer[1:]
		} else {
			fmt.Fprintf(w, "%s%s\n", mark, tamed(line))
		}
	}
}

// confirm asks whether to go on.
func confirm(a *app) error {
	if width(a.in) == 0 {
		return withHint(errors.New("nothing is written: there is nobody to ask"), "--yes writes without asking")
	}
	fmt.Fprint(a.err, "Write this? [y/N] ")
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && answer == "" {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing is written")
}
