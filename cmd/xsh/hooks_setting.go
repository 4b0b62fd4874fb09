package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/xsh-project/xsh/internal/hooks"
	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

// hookError says what is wrong with a key of a hook.
type hookError struct {
	hook int    // which one, from 0
	key  string // empty: with the hook itself
	text string
	near string // what was most likely meant, or empty
}

func (e *hookError) Error() string { return e.text }

// in is the error with where it stands.
func (e *hookError) in(at string) error {
	err := fmt.Errorf("%s: hook %d: %s", at, e.hook+1, e.text)
	if e.near != "" {
		return withHint(err, "did you mean "+e.near+"?")
	}
	return err
}

// maxHooks bounds how many hooks the settings may have.
const maxHooks = 64

// hookKeys are what a hook may have, each with what takes it.
var hookKeys = map[string]struct {
	want string
	set  func(h *hooks.Hook, value any) error
}{
	"on":  {"events such as \"ended\", or [\"ended\", \"bell\"]", setHookEvents},
	"run": {`a program and its arguments, such as ["notify-send", "done"]`, setHookCommand},
	"detached": {"true or false", func(h *hooks.Hook, value any) error {
		h.Detached = new(value == true)
		return isBool(value)
	}},
	"failed": {"true or false", func(h *hooks.Hook, value any) error {
		h.Failed = new(value == true)
		return isBool(value)
	}},
	"took_over": {`a time such as "10s" or "5m"`, func(h *hooks.Hook, value any) (err error) {
		h.TookOver, err = hookTime(value)
		return err
	}},
	"timeout": {`a time such as "10s" or "5m"`, func(h *hooks.Hook, value any) (err error) {
		h.Timeout, err = hookTime(value)
		return err
	}},
	"label": {`a selector such as "project=web,!quiet"`, func(h *hooks.Hook, value any) (err error) {
		text, ok := value.(string)
		if !ok {
			return errWant
		}
		h.LabelText = text
		h.Label, err = selector.Parse(text)
		return err
	}},
}

// hookList takes hooks from the file, or from a variable, as TOML has them behind
// "hooks =".
func hookList(value any) ([]hooks.Hook, error) {
	if text, ok := value.(string); ok {
		value = tomlValue(text)
	}
	var tables []map[string]any
	switch list := value.(type) {
	case []map[string]any:
		tables = list
	case []any:
		for _, one := range list {
			table, ok := one.(map[string]any)
			if !ok {
				return nil, errWant
			}
			tables = append(tables, table)
		}
	default:
		return nil, errWant
	}
	if len(tables) > maxHooks {
		return nil, fmt.Errorf("there are %d hooks, and at most %d can be", len(tables), maxHooks)
	}
	var all []hooks.Hook
	for i, table := range tables {
		h, err := hookOf(i, table)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// hookOf reads one hook, the one with index i.
func hookOf(i int, table map[string]any) (h hooks.Hook, err error) {
	names := slices.Sorted(maps.Keys(hookKeys))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		k, known := hookKeys[key]
		if !known {
			return h, &hookError{i, key, fmt.Sprintf("no such key %q", key), nearest(strings.ReplaceAll(key, "-", "_"), names)}
		}
		err := k.set(&h, table[key])
		var e *hookError
		switch {
		case errors.As(err, &e):
			e.hook, e.key = i, key
			return h, e
		case err != nil:
			near := ""
			if key == "took_over" || key == "timeout" {
				near = nearTime(table[key])
			}
			return h, &hookError{i, key, fmt.Sprintf("bad %s = %s: want %s", key, asWritten(table[key]), k.want), near}
		}
	}
	for _, key := range []string{"on", "run"} {
		if _, has := table[key]; !has {
			return h, &hookError{i, "", fmt.Sprintf("it has no %s: want %s", key, hookKeys[key].want), ""}
		}
	}
	return h, nil
}

// tomlValue reads a value as TOML has it behind "=", for one that came from a
// variable; nil if it is none.
func tomlValue(text string) any {
	var file map[string]any
	if _, err := toml.Decode("value = "+text, &file); err != nil {
		return nil
	}
	return file["value"]
}

func isBool(value any) error {
	if _, ok := value.(bool); !ok {
		return errWant
	}
	return nil
}

func hookTime(value any) (time.Duration, error) {
	text, _ := value.(string)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errWant
	}
	return d, nil
}

func setHookEvents(h *hooks.Hook, value any) error {
	list, err := texts(value)
	if text, ok := value.(string); ok {
		list, err = []string{text}, nil
	}
	if err != nil || len(list) == 0 {
		return errWant
	}
	var kinds []string
	for _, k := range hooks.Kinds {
		kinds = append(kinds, string(k))
	}
	for _, text := range list {
		if !slices.Contains(kinds, text) {
			near := nearest(strings.ReplaceAll(text, "_", "-"), kinds)
			if near == "" {
				return &hookError{text: fmt.Sprintf("no such event %q: there are %s", text, strings.Join(kinds, ", "))}
			}
			return &hookError{text: fmt.Sprintf("no such event %q", text), near: strconv.Quote(near)}
		}
		h.On = append(h.On, exec.EventKind(text))
	}
	return nil
}

func setHookCommand(h *hooks.Hook, value any) error {
	list, err := texts(value)
	if err != nil || len(list) == 0 || list[0] == "" {
		return errWant
	}
	h.Run = list
	return nil
}

// texts takes a list of texts from the file.
func texts(value any) (list []string, err error) {
	all, ok := value.([]any)
	if !ok {
		return nil, errWant
	}
	for _, v := range all {
		text, ok := v.(string)
		if !ok || strings.ContainsRune(text, 0) {
			return nil, errWant
		}
		list = append(list, text)
	}
	return list, nil
}

// lineInHook is the line of what is wrong with a hook; value is all of them.
func lineInHook(file string, value toml.Primitive, meta *toml.MetaData, e *hookError) int {
	if line := lineInTables(file, "hooks", e.hook, e.key); line > 0 {
		return line
	}
	var all []map[string]toml.Primitive
	if err := meta.PrimitiveDecode(value, &all); err == nil && e.hook < len(all) {
		line := 0
		for key, v := range all[e.hook] {
			if at := lineOf(v, meta); key == e.key || e.key == "" && (line == 0 || at < line) {
				line = at
			}
		}
		if line > 0 {
			return line
		}
	}
	return lineOf(value, meta)
}

// lineInTables is the line of a key in the table with index n of those that stand in
// a file as [[table]], or of its head if it has no such key; 0 if there is no such
// table. The library knows the lines of the last of several tables alone.
func lineInTables(file, table string, n int, key string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	head, line := 0, 0
	for l := range strings.Lines(string(text)) {
		line++
		l = strings.TrimSpace(l)
		if name, isHead := strings.CutPrefix(l, "[["); isHead {
			name, _, _ = strings.Cut(name, "]]")
			if strings.Trim(name, ` "`) == table {
				if n--; n == -1 {
					head = line
					continue
				}
			}
		}
		if head == 0 {
			continue
		}
		if strings.HasPrefix(l, "[") {
			break
		}
		if end := strings.IndexAny(l, "=."); end > 0 && strings.Trim(l[:end], ` "`) == key {
			return line
		}
	}
	return head
}

// hooksAsTOML is the hooks in one line, as the file may have them.
func hooksAsTOML(all []hooks.Hook) string {
	var list []string
	for _, h := range all {
		var on []string
		for _, k := range h.On {
			on = append(on, string(k))
		}
		parts := []string{"on = " + tomlTexts(on)}
		for name, is := range map[string]*bool{"detached": h.Detached, "failed": h.Failed} {
			if is != nil {
				parts = append(parts, fmt.Sprintf("%s = %t", name, *is))
			}
		}
		for name, d := range map[string]time.Duration{"took_over": h.TookOver, "timeout": h.Timeout} {
			if d > 0 {
				parts = append(parts, fmt.Sprintf("%s = %q", name, d))
			}
		}
		if h.LabelText != "" {
			parts = append(parts, "label = "+tomlText(h.LabelText))
		}
		slices.Sort(parts[1:])
		list = append(list, "{ "+strings.Join(append(parts, "run = "+tomlTexts(h.Run)), ", ")+" }")
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func tomlTexts(list []string) string {
	var quoted []string
	for _, text := range list {
		quoted = append(quoted, tomlText(text))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// tomlText is a text as a basic string of TOML, in one line.
func tomlText(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
