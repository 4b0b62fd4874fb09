package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

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
		key: "title", want: "true or false", def: "true", help: "the window's title tells session and state",
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
	tmuxWordsSetting,
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
	rulesSetting,
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
