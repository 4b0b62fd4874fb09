package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/xsh-project/xsh/internal/hooks"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/settings"
)

// config is what the user has set: the file, and over it the XSH_* variables.
// Flags go over both.
type config struct {
	// DetachKey is the keys that detach, as client.ParseDetachKey reads them.
	DetachKey string
	// Hints: the first attach of a user is told how to leave and come back.
	Hints bool
	// Title: the terminal's window says which session it shows.
	Title bool

	// Reconnect is how long a client dials again when its connection broke, such
	// as "1m"; "0" is not at all.
	Reconnect string
	// UpdateEnvironment are the variables that sessions follow: they become those of
	// whoever leads.
	UpdateEnvironment []string
	// ShellMarks: bash, zsh and fish get the script that marks their prompts.
	ShellMarks bool

	// TmuxWords: new sessions have a command tmux that is xsh.
	TmuxWords bool

	// Mask is what is hidden in output that is printed: regular expressions, or
	// defaultMask.
	Mask []string
	// KeepScrollback: what a program prints cannot clear the terminal's own scrollback.
	KeepScrollback bool

	// Persist is what of a new session is kept on disk for xsh restore: false, true
	// or history.
	Persist string

	// Clipboard is whose terminal's clipboard a program may use, as
	// exec.SettingClipboard has it.
	Clipboard string

	// Size is whose size a new session has, an exec.SizePolicy, or which.
	Size string

	// The server reads these: Idle when it starts, the others whenever the file has
	// changed; see liveConfig.

	// Idle is how long the server stays with nothing to do, such as "15m"; "0"
	// means for ever.
	Idle string
	// History is how many lines of scrollback a session keeps; zero means the
	// library's default.
	History int
	// BufferBytes is the capacity of a session's output buffer; zero means the
	// library's default.
	BufferBytes int
	// EndedSessions is how many ended sessions are kept, and EndedHours for how
	// long; zero means the library's default.
	EndedSessions int
	EndedHours    int
	// MaxSessions is how many sessions may be active, and MaxClients how many
	// clients one may have; zero means the library's default.
	MaxSessions, MaxClients int
	// HistoryMB is what the scrollback of all sessions may take, in MiB; zero means
	// the library's default.
	HistoryMB int
	// What a session begins with that is told nothing else.
	Command   []string
	Directory string
	TTL       string
	// Picker: xsh alone on a terminal is xsh pick.
	Picker bool
	OnExit string
	// Hooks are the commands that run on events.
	Hooks []hooks.Hook
	// Rules tell what programs are at by what they show.
	Rules []exec.Rule

	// From says where a value came from, by the setting's key: a line of the file,
	// or a variable. What is the default has none.
	From map[string]string

	stamp fileStamp // of the file
}

// loadConfig reads the settings. A file that is not there sets nothing. What is
// wrong is an error that says where it stands, what was expected and, in the
// hint, what was most likely meant.
func (a *app) loadConfig() (config, error) {
	c := config{DetachKey: client.DefaultDetachKey, Hints: true, Title: true, Reconnect: "1m", Idle: defaultIdle.String(), UpdateEnvironment: followed, ShellMarks: true, Clipboard: exec.ClipboardLeader, Size: string(exec.SizeLeader), TTL: "0", OnExit: "keep", From: map[string]string{}}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return c, err
	}
	c.stamp = stampOf(p.Config)
	if err := c.readFile(p.Config); err != nil {
		return c, err
	}
	for _, s := range settingList {
		text := a.getenv(s.variable())
		if text == "" {
			continue
		}
		err := s.set(&c, text)
		var inTable *tableError
		if errors.As(err, &inTable) {
			return c, inTable.in(s.variable())
		}
		if err != nil {
			return c, s.wrong(s.variable(), s.variable()+"="+text, text, err)
		}
		c.From[s.key] = s.variable()
	}
	return c, nil
}

func (c *config) readFile(file string) error {
	if file == "" {
		return nil
	}
	var values map[string]toml.Primitive
	meta, err := toml.DecodeFile(file, &values)
	var wrong toml.ParseError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.As(err, &wrong):
		return withHint(fmt.Errorf("%s, line %d: %s", file, wrong.Position.Line, wrong.Message),
			`a line is like idle = "15m"; words stand in quotes`)
	case err != nil:
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, key := range meta.Keys() {
		value, left := values[key[0]]
		if !left {
			continue
		}
		delete(values, key[0]) // "a.b" and "a.c" are two keys, and one value
		if err := c.take(key[0], value, &meta, file); err != nil {
			return err
		}
	}
	return nil
}

// take takes one setting from the file.
func (c *config) take(key string, value toml.Primitive, meta *toml.MetaData, file string) error {
	at := fmt.Sprintf("%s, line %d", file, lineOf(value, meta))
	for _, s := range settingList {
		if s.key != key {
			continue
		}
		var v any
		if err := meta.PrimitiveDecode(value, &v); err != nil {
			return fmt.Errorf("%s: %s: %w", at, key, err)
		}
		err := s.set(c, v)
		var inTable *tableError
		if errors.As(err, &inTable) {
			return inTable.in(fmt.Sprintf("%s, line %d", file, lineInTable(file, key, value, meta, inTable)))
		}
		if err != nil {
			return s.wrong(at, key+" = "+asWritten(v), v, err)
		}
		if key == "hooks" && len(c.Hooks) > 0 || key == "rules" && len(c.Rules) > 0 { // the library tells the last line of several tables
			at = fmt.Sprintf("%s, line %d", file, lineInTable(file, key, value, meta, &tableError{}))
		}
		c.From[key] = at
		return nil
	}
	var keys []string
	for _, s := range settingList {
		keys = append(keys, s.key)
	}
	err := fmt.Errorf("%s: no such setting %q", at, key)
	if near := nearest(strings.ReplaceAll(key, "-", "_"), keys); near != "" {
		return withHint(err, "did you mean "+near+"?")
	}
	return withHint(err, "the settings are "+strings.Replace(orList(keys), " or ", " and ", 1))
}

// wrong is the error of a value that the setting cannot take.
func (s setting) wrong(at, written string, value any, err error) error {
	text := fmt.Sprintf("bad setting %s: want %s", written, s.want)
	if at != s.variable() {
		text = fmt.Sprintf("%s: bad setting %s: want %s", at, written, s.want)
	}
	if near := s.near(value); near != "" {
		return withHint(errors.New(text), "did you mean "+near+"?")
	}
	if !errors.Is(err, errWant) {
		return withHint(errors.New(text), err.Error())
	}
	return errors.New(text)
}

// asWritten is a value as the file has it, cut short.
func asWritten(v any) string {
	text := fmt.Sprint(v)
	switch v := v.(type) {
	case string:
		text = strconv.Quote(v)
	case map[string]any:
		text = "{...}"
	case []any, []map[string]any:
		text = "[...]"
	}
	return cut(text, 60)
}

// lineProbe fails to take any value: the library then tells the line.
type lineProbe struct{}

func (lineProbe) UnmarshalTOML(any) error { return errWant }

func lineOf(value toml.Primitive, meta *toml.MetaData) int {
	var at toml.ParseError
	var probe lineProbe
	errors.As(meta.PrimitiveDecode(value, &probe), &at)
	if at.Position.Line == 0 { // "a.b = 1" has no line for a, but one for a.b
		var below map[string]lineProbe
		errors.As(meta.PrimitiveDecode(value, &below), &at)
	}
	return at.Position.Line
}

// startError is why the server cannot start. It reads the same settings as its
// clients do: where they are wrong, the client says so with its own hint.
func (a *app) startError(err error) error {
	if _, wrong := a.loadConfig(); err != nil && wrong != nil {
		err = wrong
	}
	return fmt.Errorf("cannot start the server: %w", err)
}

// idle returns how long the server stays with nothing to do.
func (c config) idle() (time.Duration, error) { return time.ParseDuration(c.Idle) }

// sessions returns the settings of the session library.
func (c config) sessions() settings.Provider {
	m := settings.Map{}
	if c.Clipboard != "" {
		m[exec.SettingClipboard] = c.Clipboard
	}
	for name, value := range map[string]int{
		exec.SettingHistory:       c.History,
		exec.SettingBufferBytes:   c.BufferBytes,
		exec.SettingEndedSessions: c.EndedSessions,
		exec.SettingEndedHours:    c.EndedHours,
		exec.SettingMaxSessions:   c.MaxSessions,
		exec.SettingMaxClients:    c.MaxClients,
		exec.SettingHistoryBytes:  c.HistoryMB << 20,
	} {
		if value != 0 {
			m[name] = value
		}
	}
	return m
}

// settingsHelp lists the settings with their defaults, for help.
func settingsHelp() string {
	var b strings.Builder
	for _, s := range settingList {
		def := s.def
		if strings.HasPrefix(def, "[") && len(def) > 10 {
			def = "[...]" // xsh config shows it
		}
		fmt.Fprintf(&b, "\n  %-32s %s", s.key+" = "+def, s.help)
	}
	return b.String() + "\n"
}
