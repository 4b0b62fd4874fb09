package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/hooks"
	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

const wantTime = `a time such as "10s" or "5m"`

// maxHooks bounds how many hooks the settings may have.
const maxHooks = 64

// hookKeys are what a hook may have, each with what takes it.
var hookKeys = map[string]tableKey[hooks.Hook]{
	"on":  {want: "events such as \"ended\", or [\"ended\", \"bell\"]", set: setHookEvents},
	"run": {want: `a program and its arguments, such as ["notify-send", "done"]`, set: setHookCommand},
	"detached": {want: "true or false", set: func(h *hooks.Hook, value any) error {
		h.Detached = new(value == true)
		return isBool(value)
	}},
	"failed": {want: "true or false", set: func(h *hooks.Hook, value any) error {
		h.Failed = new(value == true)
		return isBool(value)
	}},
	"took_over": {want: wantTime, near: nearTime, set: func(h *hooks.Hook, value any) (err error) {
		h.TookOver, err = hookTime(value)
		return err
	}},
	"timeout": {want: wantTime, near: nearTime, set: func(h *hooks.Hook, value any) (err error) {
		h.Timeout, err = hookTime(value)
		return err
	}},
	"label": {want: `a selector such as "project=web,!quiet"`, set: func(h *hooks.Hook, value any) (err error) {
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
func hookList(value any) (all []hooks.Hook, err error) {
	return tableList(value, "hook", maxHooks, hookKeys, []string{"on", "run"})
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
				return &tableError{text: fmt.Sprintf("no such event %q: there are %s", text, strings.Join(kinds, ", "))}
			}
			return &tableError{text: fmt.Sprintf("no such event %q", text), near: strconv.Quote(near)}
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
