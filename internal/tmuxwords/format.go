package tmuxwords

import (
	"fmt"
	"strconv"
	"strings"
)

// short are the variables that have a letter.
var short = map[byte]string{
	'S': "session_name", 'I': "window_index", 'W': "window_name", 'P': "pane_index", 'D': "pane_id", 'T': "pane_title",
}

// expand makes text of a format for a pane.
func (c *call) expand(format string, p pane) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '#' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		name, long := short[format[i]], false
		switch {
		case format[i] == '#':
			b.WriteByte('#')
			continue
		case format[i] == '{':
			end := strings.IndexByte(format[i:], '}')
			if end < 0 {
				return "", fmt.Errorf("the format %q has a { without its end", format)
			}
			name, long = format[i+1:i+end], true
			i += end
		}
		value, known := c.variable(name, p)
		if !known && long {
			return "", fmt.Errorf("the variable %q of a format is not understood", name)
		} else if !known {
			return "", fmt.Errorf("#%c in a format is not understood", format[i])
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// variable is a variable's value for a pane.
func (c *call) variable(name string, p pane) (string, bool) {
	group := c.panes.group(p.group())
	window := group.window(p.window)
	switch name {
	case "session_name":
		return p.group(), true
	case "session_id":
		return id('$', group[0].number), true
	case "session_windows":
		return strconv.Itoa(len(group.windows())), true
	case "session_created":
		return strconv.FormatInt(group[0].CreatedAt.Unix(), 10), true
	case "session_attached":
		n := 0
		for _, one := range group {
			n += one.Clients
		}
		return strconv.Itoa(n), true
	case "window_id":
		return id('@', p.window), true
	case "window_index":
		return strconv.Itoa(p.index), true
	case "window_name":
		return p.Labels[labelName], true
	case "window_panes":
		return strconv.Itoa(len(window)), true
	case "window_active":
		return truth(group.current().window == p.window), true
	case "window_width", "pane_width":
		return strconv.Itoa(p.Size.Cols), true
	case "window_height", "pane_height":
		return strconv.Itoa(p.Size.Rows), true
	case "pane_id":
		return id('%', p.number), true
	case "pane_index":
		for i, one := range window {
			if one.ID == p.ID {
				return strconv.Itoa(i), true
			}
		}
	case "pane_active":
		return truth(window.current().ID == p.ID), true
	case "pane_dead":
		return "0", true
	case "pane_title":
		return p.Title, true
	case "pane_current_path":
		return p.Dir, true
	}
	return "", false
}

func id(sign rune, number uint64) string { return string(sign) + strconv.FormatUint(number, 10) }

func truth(is bool) string {
	if is {
		return "1"
	}
	return "0"
}
