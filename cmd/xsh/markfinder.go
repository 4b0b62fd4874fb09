package main

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
)

// markFinder finds in a program's output where a shell begins a command, by its
// marks (OSC 133 and 633).
type markFinder struct {
	rest []byte // a mark that has no end yet
	line string // that E told, for the command that C begins
}

// maxMark bounds a mark: what is longer is something else.
const maxMark = 4 << 10

// commands returns the lines of the commands that begin in a piece of output, ""
// for one whose line the shell did not tell.
func (m *markFinder) commands(data []byte) (lines []string) {
	if len(m.rest) > 0 {
		data = append(m.rest, data...)
		m.rest = nil
	}
	for {
		i := bytes.IndexByte(data, 0x1b)
		if i < 0 {
			return lines
		}
		data = data[i:]
		whole := min(len(data), len("\x1b]133;"))
		if head := string(data[:whole]); !strings.HasPrefix("\x1b]133;", head) && !strings.HasPrefix("\x1b]633;", head) {
			data = data[1:]
			continue
		}
		end := bytes.IndexAny(data[1:], "\a\x1b")
		if end < 0 {
			if len(data) < maxMark {
				m.rest = bytes.Clone(data)
			}
			return lines
		}
		if m.mark(string(data[whole : 1+end])) {
			lines = append(lines, m.line)
			m.line = ""
		}
		data = data[1+end:]
	}
}

// mark takes a mark, and tells whether a command begins there.
func (m *markFinder) mark(text string) bool {
	kind, params, _ := strings.Cut(text, ";")
	switch kind {
	case "E":
		coded, _, _ := strings.Cut(params, ";")
		m.line = unescapeLine(coded)
	case "C":
		for option := range strings.SplitSeq(params, ";") {
			if coded, ok := strings.CutPrefix(option, "cmdline_url="); ok {
				if line, err := url.PathUnescape(coded); err == nil {
					m.line = line
				}
			}
		}
		return true
	}
	return false
}

// unescapeLine undoes what 633;E makes of a line: \\ and \xAB.
func unescapeLine(coded string) string {
	var b strings.Builder
	for len(coded) > 0 {
		i := strings.IndexByte(coded, '\\')
		if i < 0 {
			break
		}
		b.WriteString(coded[:i])
		coded = coded[i+1:]
		if len(coded) >= 3 && coded[0] == 'x' {
			if c, err := strconv.ParseUint(coded[1:3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				coded = coded[3:]
				continue
			}
		}
		if len(coded) > 0 {
			b.WriteByte(coded[0])
			coded = coded[1:]
		}
	}
	return b.String() + coded
}
