package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
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

	// From says where a value came from, by the setting's key: a line of the file,
	// or a variable. What is the default has none.
	From map[string]string

	stamp fileStamp // of the file
}

// setting is one that the file and the environment may have.
type setting struct {
	key  string
	want string // what it takes, for errors and help
	def  string // as the file would have it
	help string
	// set takes a value: a string, an int64 or another type of TOML. It returns
	// errWant for one that it cannot take.
	set func(c *config, value any) error
	// near returns what was most likely meant by a wrong value, or "".
	near func(value any) string
	get  func(c config) string // the value, as the file would have it
}

var errWant = errors.New("this is not what the setting takes")

// The most that the settings of a session may ask for: each session may take so
// much memory.
const (
	maxHistory     = 10_000_000
	minBufferBytes = 4096
	maxBufferBytes = 1 << 30

	maxEndedSessions = 10_000
	maxEndedHours    = 365 * 24

	maxMaxSessions = 4000 // a keeper has no more
	maxMaxClients  = 10_000

	maxHistoryMB = 1 << 20
)

var settingList = []setting{
	{
		key: "detach_key", want: `one to three keys such as "ctrl-a d", or "none"`, def: strconv.Quote(client.DefaultDetachKey),
		help: "the keys that detach",
		set: func(c *config, value any) error {
			text, ok := value.(string)
			if !ok {
				return errWant
			}
			if _, err := client.ParseDetachKey(text); err != nil {
				return err
			}
			c.DetachKey = text
			return nil
		},
		near: nearKeys,
		get:  func(c config) string { return strconv.Quote(c.DetachKey) },
	},
	{
		key: "hints", want: "true or false", def: "true", help: "tell a new user how to leave and come back",
		set:  func(c *config, value any) error { return setTruth(&c.Hints, value) },
		near: nearTruth,
		get:  func(c config) string { return strconv.FormatBool(c.Hints) },
	},
	{
		key: "title", want: "true or false", def: "true", help: "the window's title names the session",
		set:  func(c *config, value any) error { return setTruth(&c.Title, value) },
		near: nearTruth,
		get:  func(c config) string { return strconv.FormatBool(c.Title) },
	},
	{
		key: "reconnect", want: `a time such as "10s" or "5m", or "0" for not at all`, def: `"1m"`,
		help: "how long a broken connection is made again",
		set: func(c *config, value any) (err error) {
			c.Reconnect, err = timeText(value)
			return err
		},
		near: nearTime,
		get:  func(c config) string { return strconv.Quote(c.Reconnect) },
	},
	maskSetting,
	{
		key: "keep_scrollback", want: "true or false", def: "false", help: "programs do not clear your scrollback",
		set:  func(c *config, value any) error { return setTruth(&c.KeepScrollback, value) },
		near: nearTruth,
		get:  func(c config) string { return strconv.FormatBool(c.KeepScrollback) },
	},
	updateEnvironment,
	shellMarks,
	persistSetting,
	clipboardSetting,
	sizeSetting,
	{
		key: "idle", want: `a time such as "30s", "15m" or "1h", or "0" for never`, def: `"15m"`,
		help: "how long the server stays with nothing to do",
		set: func(c *config, value any) (err error) {
			c.Idle, err = timeText(value)
			return err
		},
		near: nearTime,
		get:  func(c config) string { return strconv.Quote(c.Idle) },
	},
	{
		key: "history", want: "a number of lines from 1 to 10000000", def: "10000",
		help: "lines of scrollback that a session keeps",
		set: func(c *config, value any) (err error) {
			c.History, err = wholeNumber(value, 1, maxHistory)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.History) },
	},
	{
		key: "buffer_bytes", want: "a number of bytes from 4096 to 1073741824", def: strconv.Itoa(exec.DefaultOutputBufferSize),
		help: "bytes of output that a session keeps",
		set: func(c *config, value any) (err error) {
			c.BufferBytes, err = wholeNumber(value, minBufferBytes, maxBufferBytes)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.BufferBytes) },
	},
	{
		key: "ended_sessions", want: "a number of sessions from 1 to 10000", def: "50",
		help: "ended sessions that are kept to be looked at",
		set: func(c *config, value any) (err error) {
			c.EndedSessions, err = wholeNumber(value, 1, maxEndedSessions)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.EndedSessions) },
	},
	{
		key: "ended_hours", want: "a number of hours from 1 to 8760", def: "24",
		help: "hours for which an ended session is kept",
		set: func(c *config, value any) (err error) {
			c.EndedHours, err = wholeNumber(value, 1, maxEndedHours)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.EndedHours) },
	},
	{
		key: "max_sessions", want: "a number of sessions from 1 to 4000", def: "4000",
		help: "sessions that may run at once",
		set: func(c *config, value any) (err error) {
			c.MaxSessions, err = wholeNumber(value, 1, maxMaxSessions)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.MaxSessions) },
	},
	{
		key: "max_clients", want: "a number of clients from 1 to 10000", def: "250",
		help: "clients that may be attached to one session",
		set: func(c *config, value any) (err error) {
			c.MaxClients, err = wholeNumber(value, 1, maxMaxClients)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.MaxClients) },
	},
	{
		key: "history_mb", want: "a number of megabytes from 1 to 1048576", def: "1024",
		help: "megabytes for the scrollback of all sessions",
		set: func(c *config, value any) (err error) {
			c.HistoryMB, err = wholeNumber(value, 1, maxHistoryMB)
			return err
		},
		near: nearNumber,
		get:  func(c config) string { return strconv.Itoa(c.HistoryMB) },
	},
	{
		key: "command", want: `a program and its arguments, such as ["fish", "-l"], or [] for the login shell`, def: "[]",
		help: "what runs where no command is given",
		set: func(c *config, value any) error {
			list, err := commandSetting(value)
			c.Command = list
			return err
		},
		near: func(value any) string {
			if text, ok := value.(string); ok && text != "" {
				return tomlTexts(strings.Fields(text))
			}
			return ""
		},
		get: func(c config) string { return tomlTexts(c.Command) },
	},
	{
		key: "directory", want: `a directory, from / or ~ on, or "" for the one where the command is typed`, def: `""`,
		help: "where sessions start, without -c",
		set: func(c *config, value any) error {
			text, ok := value.(string)
			if !ok || text != "" && text != "~" && !filepath.IsAbs(text) && !strings.HasPrefix(text, "~/") {
				return errWant
			}
			c.Directory = text
			return nil
		},
		near: func(any) string { return "" },
		get:  func(c config) string { return tomlText(c.Directory) },
	},
	{
		key: "ttl", want: `a time of a second or more, such as "8h", or "0" for ever`, def: `"0"`,
		help: "a session not used for so long ends",
		set: func(c *config, value any) (err error) {
			c.TTL, err = timeText(value)
			if d, _ := time.ParseDuration(c.TTL); 0 < d && d < time.Second {
				return errWant
			}
			return err
		},
		near: nearTime,
		get:  func(c config) string { return tomlText(c.TTL) },
	},
	{
		key: "picker", want: "true or false", def: "false", help: "xsh alone on a terminal is xsh pick",
		set:  func(c *config, value any) error { return setTruth(&c.Picker, value) },
		near: nearTruth,
		get:  func(c config) string { return strconv.FormatBool(c.Picker) },
	},
	{
		key: "on_exit", want: `"keep", "forget" or "respawn"`, def: `"keep"`,
		help: "what a program's end does to its session",
		set: func(c *config, value any) error {
			text, _ := value.(string)
			if !slices.Contains(onExitNames(), text) {
				return errWant
			}
			c.OnExit = text
			return nil
		},
		near: func(value any) string {
			if text, ok := value.(string); ok && nearest(text, onExitNames()) != "" {
				return tomlText(nearest(text, onExitNames()))
			}
			return ""
		},
		get: func(c config) string { return tomlText(c.OnExit) },
	},
	{
		key: "hooks", want: `tables such as [[hooks]] with on = "ended" and run = ["notify-send", "done"]`, def: "[]",
		help: "commands that run on events: docs/hooks.md",
		set: func(c *config, value any) (err error) {
			c.Hooks, err = hookList(value)
			return err
		},
		near: func(value any) string {
			if _, one := value.(map[string]any); one {
				return "[[hooks]]"
			}
			return ""
		},
		get: func(c config) string { return hooksAsTOML(c.Hooks) },
	},
}

// variable is the setting's name in the environment.
func (s setting) variable() string { return "XSH_" + strings.ToUpper(s.key) }

// setTruth takes a truth value from the file, or its text from a variable.
func setTruth(to *bool, value any) error {
	on, ok := value.(bool)
	if text, isText := value.(string); isText {
		var err error
		on, err = strconv.ParseBool(text)
		ok = err == nil
	}
	if !ok {
		return errWant
	}
	*to = on
	return nil
}

// nearTruth returns the truth value that was said in other words.
func nearTruth(value any) string {
	return map[string]string{"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}[strings.ToLower(fmt.Sprint(value))]
}

// wholeNumber takes a number from the file, or its text from a variable.
func wholeNumber(value any, least, most int) (int, error) {
	if text, ok := value.(string); ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, errWant
		}
		value = n
	}
	n, ok := value.(int64)
	if !ok || n < int64(least) || n > int64(most) {
		return 0, errWant
	}
	return int(n), nil
}

// timeText takes a time from the file, or from a variable.
func timeText(value any) (string, error) {
	text, ok := value.(string)
	if n, whole := value.(int64); whole && n == 0 {
		text, ok = "0", true
	}
	if d, err := time.ParseDuration(text); !ok || err != nil || d < 0 {
		return "", errWant
	}
	return text, nil
}

// nearKeys returns the keys with words that are spelled as the client wants.
func nearKeys(value any) string {
	text, _ := value.(string)
	words := strings.Fields(text)
	for i, word := range words {
		mod, name, ok := strings.Cut(word, "-")
		if !ok {
			mod, name, ok = strings.Cut(word, "+")
		}
		if ok && nearest(mod, []string{"ctrl", "control", "strg", "ctl"}) != "" {
			words[i] = "ctrl-" + strings.ToLower(name)
		}
	}
	near := strings.Join(words, " ")
	if _, err := client.ParseDetachKey(near); err != nil || near == text {
		return ""
	}
	return strconv.Quote(near)
}

// badKey is the error of a flag that does not name keys; err is why.
func badKey(keys string, err error) error {
	if near := nearKeys(keys); near != "" {
		return withHint(&usageError{err}, "did you mean "+near+"?")
	}
	return withHint(&usageError{err}, `keys are such as "ctrl-a d", or "none"`)
}

// nearTime returns the time with a unit, which most often is what it lacks.
func nearTime(value any) string {
	text := strings.ReplaceAll(fmt.Sprint(value), " ", "")
	for unit, ours := range map[string]string{"minutes": "m", "minute": "m", "mins": "m", "min": "m", "hours": "h", "hour": "h", "seconds": "s", "second": "s", "sec": "s"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			if _, err := strconv.ParseUint(number, 10, 32); err == nil {
				return strconv.Quote(number + ours)
			}
		}
	}
	if _, err := strconv.ParseUint(text, 10, 32); err == nil {
		return strconv.Quote(text + "m")
	}
	return ""
}

// nearNumber returns the number without quotes, points and underlines.
func nearNumber(value any) string {
	text, ok := value.(string)
	if !ok {
		return ""
	}
	plain := strings.NewReplacer("_", "", ",", "", ".", "", " ", "").Replace(text)
	if _, err := strconv.ParseUint(plain, 10, 31); err != nil {
		return ""
	}
	return plain
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
		var inHook *hookError
		if errors.As(err, &inHook) {
			return c, inHook.in(s.variable())
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
		var inHook *hookError
		if errors.As(err, &inHook) {
			return inHook.in(fmt.Sprintf("%s, line %d", file, lineInHook(file, value, meta, inHook)))
		}
		if err != nil {
			return s.wrong(at, key+" = "+asWritten(v), v, err)
		}
		if key == "hooks" && len(c.Hooks) > 0 { // the library tells the last line of several tables
			at = fmt.Sprintf("%s, line %d", file, lineInHook(file, value, meta, &hookError{}))
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
