package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

const (
	// maxRules bounds how many rules the settings may have, and maxRulePattern and
	// maxRuleMessage the texts of each: screens are looked at by all of a program's.
	maxRules       = 64
	maxRulePattern = 1000
	maxRuleMessage = 200
)

// ruleKeys are what a rule may have.
var ruleKeys = map[string]tableKey[exec.Rule]{
	"program": {want: `a program's name, such as "claude"`, set: func(r *exec.Rule, value any) error {
		text, ok := value.(string)
		if !ok || text == "" || strings.ContainsAny(text, "/\x00") {
			return errWant
		}
		r.Program = text
		return nil
	}},
	"screen": {want: fmt.Sprintf("a regular expression of at most %d bytes", maxRulePattern), set: setRulePattern},
	"state": {
		want: strings.Join(stateNames(), ", "),
		set: func(r *exec.Rule, value any) error {
			text, _ := value.(string)
			if r.State = exec.StateName(text); !slices.Contains(exec.StateNames, r.State) {
				return errWant
			}
			return nil
		},
		near: func(value any) string {
			if text, ok := value.(string); ok && nearest(text, stateNames()) != "" {
				return tomlText(nearest(text, stateNames()))
			}
			return ""
		},
	},
	"message": {want: fmt.Sprintf("a text of at most %d bytes", maxRuleMessage), set: func(r *exec.Rule, value any) error {
		text, ok := value.(string)
		if !ok || len(text) > maxRuleMessage {
			return errWant
		}
		r.Message = text
		return nil
	}},
}

// setRulePattern takes a pattern, whose ^ and $ match at the ends of lines.
func setRulePattern(r *exec.Rule, value any) error {
	text, ok := value.(string)
	if !ok || text == "" || len(text) > maxRulePattern {
		return errWant
	}
	re, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return &tableError{text: fmt.Sprintf("bad screen = %s: %v", asWritten(value), err)}
	}
	r.Screen = re
	return nil
}

var rulesSetting = setting{
	key: "rules", want: `tables such as [[rules]] with program = "claude", screen = "Do you want" and state = "blocked"`, def: "[]",
	help: "what a screen says of a state: docs/agents.md",
	set: func(c *config, value any) (err error) {
		c.Rules, err = tableList(value, "rule", maxRules, ruleKeys, []string{"program", "screen", "state"})
		return err
	},
	near: func(value any) string {
		if _, one := value.(map[string]any); one {
			return "[[rules]]"
		}
		return ""
	},
	get: func(c config) string {
		var list []string
		for _, r := range c.Rules {
			text := fmt.Sprintf("{ program = %s, screen = %s, state = %s", tomlText(r.Program),
				tomlText(strings.TrimPrefix(r.Screen.String(), "(?m)")), tomlText(string(r.State)))
			if r.Message != "" {
				text += ", message = " + tomlText(r.Message)
			}
			list = append(list, text+" }")
		}
		return "[" + strings.Join(list, ", ") + "]"
	},
}
