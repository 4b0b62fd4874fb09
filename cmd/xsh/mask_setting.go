package main

import (
	"strconv"
	"strings"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/exec"
)

// defaultMask stands in the setting for the patterns of well-known tokens.
const defaultMask = "default"

var maskSetting = setting{
	key: "mask", want: `regular expressions in a list, such as ["default", "pass=(\\S+)"]`, def: "[]",
	help: "what is shown as ***, as by logs and capture",
	set: func(c *config, value any) error {
		var patterns []string
		switch v := value.(type) {
		case string: // of the environment: one, or one a line
			patterns = strings.FieldsFunc(v, func(r rune) bool { return r == '\n' })
		case []any:
			for _, p := range v {
				text, ok := p.(string)
				if !ok {
					return errWant
				}
				patterns = append(patterns, text)
			}
		default:
			return errWant
		}
		if _, err := mask.New(maskPatterns(patterns)); err != nil {
			return err
		}
		c.Mask = patterns
		return nil
	},
	near: func(any) string { return "" },
	get: func(c config) string {
		quoted := make([]string, len(c.Mask))
		for i, p := range c.Mask {
			quoted[i] = strconv.Quote(p)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
}

// maskPatterns are the patterns of the setting, with those that it stands for.
func maskPatterns(set []string) (patterns []string) {
	for _, p := range set {
		if p == defaultMask {
			patterns = append(patterns, mask.Default...)
		} else {
			patterns = append(patterns, p)
		}
	}
	return patterns
}

// mask returns what hides secrets in what a command prints; nil if nothing does.
func (a *app) mask() (*mask.Mask, error) {
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	return mask.New(maskPatterns(c.Mask))
}

// hideSecrets hides them in what a session shows: lines that were wrapped are one,
// whatever their colours.
func hideSecrets(m *mask.Mask, s *exec.Screen) {
	if m == nil {
		return
	}
	s.Title = m.Hide(s.Title)
	lines := m.Lines()
	rows := append(append([]*exec.ScreenLine{}, pointers(s.History)...), pointers(s.Lines)...)
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n-1].Wrapped {
			n++
		}
		hideLine(m, lines, rows[:n])
		rows = rows[n:]
	}
}

func pointers(lines []exec.ScreenLine) (all []*exec.ScreenLine) {
	for i := range lines {
		all = append(all, &lines[i])
	}
	return all
}

// hideLine hides in a line, in its rows and in the runs of those.
func hideLine(m *mask.Mask, lines *mask.Lines, rows []*exec.ScreenLine) {
	var texts []string
	for _, row := range rows {
		texts = append(texts, row.Text)
	}
	hidden := lines.HideParts(texts)
	for i, row := range rows {
		for k := range row.Runs {
			row.Runs[k].Link = m.Hide(row.Runs[k].Link)
		}
		if row.Text == hidden[i] {
			continue
		}
		row.Text = hidden[i]
		rest := []rune(hidden[i])
		for k, run := range row.Runs { // which have the same characters
			n := min(len([]rune(run.Text)), len(rest))
			row.Runs[k].Text, rest = string(rest[:n]), rest[n:]
		}
	}
}
