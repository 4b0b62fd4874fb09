package tmuxwords

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// short are the variables that have a letter.
func short(letter byte) string {
	switch letter {
	case 'S':
		return "session_name"
	case 'I':
		return "window_index"
	case 'W':
		return "window_name"
	case 'F':
		return "window_flags"
	case 'P':
		return "pane_index"
	case 'D':
		return "pane_id"
	case 'T':
		return "pane_title"
	}
	return ""
}

// expand makes text of a format for a pane.
func (c *call) expand(format string, p pane) (string, error) {
	return c.expandWith(format, func(name string) (string, bool) { return c.variable(name, p) })
}

// expandWith makes text of a format: #X, #{variable}, #{?condition,then,else} and
// #{modifier:what}, one in the other.
func (c *call) expandWith(format string, variable func(string) (string, bool)) (string, error) {
	f := &formatter{variable: variable}
	return f.expand(format, 0)
}

type formatter struct {
	variable func(name string) (value string, known bool)
	expanded int // how many formats were, one in the other
}

// maxNested bounds how deep formats may stand in one another, and maxExpanded how many:
// what an option holds may name that option, twice.
const (
	maxNested   = 50
	maxExpanded = 10_000
)

func (f *formatter) expand(format string, depth int) (string, error) {
	if f.expanded++; depth > maxNested || f.expanded > maxExpanded {
		return "", fmt.Errorf("a format is nested more than %d deep, or has more than %d in it", maxNested, maxExpanded)
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '#' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		value, known := "", false
		switch next := format[i]; {
		case strings.IndexByte("#,}", next) >= 0:
			b.WriteByte(next)
			continue
		case next == '{':
			end := closing(format[i+1:])
			if end < 0 {
				return "", fmt.Errorf("the format %q has a { without its end", format)
			}
			inner, err := f.inner(format[i+1:i+1+end], depth)
			if err != nil {
				return "", err
			}
			value, known = inner, true
			i += end + 1
		case short(next) != "":
			value, known = f.variable(short(next))
		}
		if !known {
			return "", fmt.Errorf("#%c in a format is not understood", format[i])
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// closing returns where the bracket ends that has begun, -1 for nowhere.
func closing(text string) int { return top(text, '}') }

// top returns where a character stands first that is in no bracket and not quoted by #.
func top(text string, want byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '#' && i+1 < len(text):
			i++
			if text[i] == '{' {
				depth++
			}
		case depth == 0 && text[i] == want:
			return i
		case text[i] == '}':
			depth--
		}
	}
	return -1
}

// parts splits at the commas that are in no bracket.
func parts(text string) (list []string) {
	for {
		at := top(text, ',')
		if at < 0 {
			return append(list, text)
		}
		list, text = append(list, text[:at]), text[at+1:]
	}
}

// inner is what stands for the text between #{ and }.
func (f *formatter) inner(text string, depth int) (string, error) {
	if rest, is := strings.CutPrefix(text, "?"); is {
		return f.choose(parts(rest), depth)
	}
	at := top(text, ':')
	if at < 0 {
		value, known := f.variable(text)
		if !known {
			return "", fmt.Errorf("the variable %q of a format is not understood", text)
		}
		return value, nil
	}
	return f.modified(text[:at], text[at+1:], depth)
}

// value is that of a variable, or of a format that stands in its place.
func (f *formatter) value(text string, depth int) (string, error) {
	if strings.Contains(text, "#") {
		return f.expand(text, depth+1)
	}
	return f.inner(text, depth+1)
}

// choose is what follows the first condition that is true.
func (f *formatter) choose(list []string, depth int) (string, error) {
	if len(list) < 2 {
		return "", fmt.Errorf("the condition %q of a format has no values to choose from", strings.Join(list, ","))
	}
	for len(list) > 1 {
		is, err := f.value(list[0], depth)
		if err != nil {
			return "", err
		}
		if truthOf(is) {
			return f.expand(list[1], depth+1)
		}
		list = list[2:]
	}
	if len(list) == 0 {
		return "", nil
	}
	return f.expand(list[0], depth+1)
}

// modified is what a modifier makes of the text behind it.
func (f *formatter) modified(modifier, text string, depth int) (string, error) {
	switch name, flags, _ := strings.Cut(modifier, "/"); {
	case name == "m" && strings.Trim(flags, "ri") == "", strings.Contains(" == != < > <= >= || && ", " "+modifier+" "):
		two := parts(text)
		if len(two) != 2 {
			return "", fmt.Errorf("%q in a format needs two values", modifier)
		}
		a, err := f.expand(two[0], depth+1)
		if err != nil {
			return "", err
		}
		b, err := f.expand(two[1], depth+1)
		if err != nil {
			return "", err
		}
		if name == "m" {
			is, err := matches(a, b, flags)
			return truth(is), err
		}
		return truth(compare(modifier, a, b)), nil
	case modifier == "l":
		return strings.NewReplacer("##", "#", "#,", ",", "#}", "}").Replace(text), nil
	}
	value, err := f.value(text, depth)
	if err != nil {
		return "", err
	}
	switch {
	case modifier == "b":
		return path.Base(value), nil
	case modifier == "d":
		return path.Dir(value), nil
	case modifier == "n":
		return strconv.Itoa(len(value)), nil
	case modifier == "E":
		return f.expand(value, depth+1)
	case modifier == "t":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return "", nil // as tmux does
		}
		return time.Unix(n, 0).Local().Format(time.ANSIC), nil
	case modifier != "" && modifier[0] == '=':
		if n, err := strconv.Atoi(modifier[1:]); err == nil {
			return cut(value, n), nil
		}
	}
	return "", fmt.Errorf("the modifier %q of a format is not understood", modifier)
}

// compare holds two texts against each other, which may be truths for || and &&.
func compare(how, a, b string) bool {
	switch how {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	case "<=":
		return a <= b
	case ">=":
		return a >= b
	case "||":
		return truthOf(a) || truthOf(b)
	}
	return truthOf(a) && truthOf(b)
}

// matches reports whether a pattern fits: one of a shell, or with r a regular
// expression; with i small letters are as capital ones.
func matches(pattern, text, flags string) (bool, error) {
	if strings.Contains(flags, "r") {
		if strings.Contains(flags, "i") {
			pattern = "(?i)" + pattern
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return false, fmt.Errorf("the pattern %q of a format: %w", pattern, err)
		}
		return re.MatchString(text), nil
	}
	if strings.Contains(flags, "i") {
		pattern, text = strings.ToLower(pattern), strings.ToLower(text)
	}
	noSlash := strings.NewReplacer("/", "\x00") // a * is more than a name of a file here
	is, err := path.Match(noSlash.Replace(pattern), noSlash.Replace(text))
	if err != nil {
		return false, fmt.Errorf("the pattern %q of a format is not understood", pattern)
	}
	return is, nil
}

// cut is the first characters of a text, or with a negative number the last ones.
func cut(text string, n int) string {
	runes := []rune(text)
	switch {
	case n >= 0 && len(runes) > n:
		runes = runes[:n]
	case n < 0 && len(runes) > -n:
		runes = runes[len(runes)+n:]
	}
	return string(runes)
}

func truth(is bool) string {
	if is {
		return "1"
	}
	return "0"
}
