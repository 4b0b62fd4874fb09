package mask

import (
	"regexp"
	"sync"
)

// The lines around a private key, and how many there are at most between them: a
// line that only looks like the first is not to hide all that comes.
var (
	keyBegins = keyLine("BEGIN")
	keyEnds   = keyLine("END")
)

// keyLine is a pattern that is compiled when it is first asked for: commands that hide
// nothing do not wait for it.
func keyLine(word string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`-----` + word + ` [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----`)
	})
}

const maxKeyLines = 200

// Lines hides in lines that come one behind the other.
type Lines struct {
	m    *Mask
	left int // lines of a private key that may come still
}

// Lines returns what hides in lines from a first one on. It is for one goroutine.
func (m *Mask) Lines() *Lines { return &Lines{m: m} }

// Hide is Mask.Hide for the next line.
func (l *Lines) Hide(line string) string {
	if l.m == nil {
		return line
	}
	if l.left > 0 {
		l.left--
		if end := keyEnds().FindStringIndex(line); end != nil {
			l.left = 0
			return stars(line[:end[0]]) + line[end[0]:]
		}
		return stars(line)
	}
	if begin := keyBegins().FindStringIndex(line); begin != nil {
		if !keyEnds().MatchString(line[begin[1]:]) {
			l.left = maxKeyLines
		}
		return l.m.Hide(line[:begin[1]]) + stars(line[begin[1]:])
	}
	return l.m.Hide(line)
}

// HideParts is Mask.HideParts for the next line.
func (l *Lines) HideParts(parts []string) []string { return hideParts(parts, l.Hide) }

// maxLine is how much of a line is looked at as one.
const maxLine = 64 << 10
