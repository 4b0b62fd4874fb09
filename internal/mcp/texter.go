package mcp

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/exec"
)

// texter makes text of output, as much as a page has room for.
type texter struct {
	room  int
	hides bool
	lines *mask.Lines
	plain io.WriteCloser
	made  bytes.Buffer // what plain wrote

	begun []byte // the first line's beginning, which is in the page before
	out   strings.Builder
	full  bool
}

// newTexter returns a texter for what comes behind before.
func newTexter(before []byte, room int, m *mask.Mask) *texter {
	t := &texter{room: room, hides: m != nil, lines: m.Lines()}
	t.plain = exec.PlainText(&t.made)
	begin := bytes.LastIndexByte(before, '\n') + 1
	t.plain.Write(before[:begin])
	t.begun = before[begin:]
	t.take()
	return t
}

// take returns what was made, without secrets.
func (t *texter) take() string {
	text := t.made.String()
	t.made.Reset()
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" || i < len(lines)-1 {
			lines[i] = t.lines.Hide(clean(line))
		}
	}
	return strings.Join(lines, "\n")
}

// read takes output until the page is full, and returns how much it took. A last
// line without an end is left for the next page from where a secret, a character or a
// control sequence may have begun; of a whole one nothing more comes.
func (t *texter) read(raw []byte, whole bool) (used int) {
	for used < len(raw) {
		line, ends := raw[used:], false
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, ends = line[:i+1], true
		} else if !whole {
			if line = line[:t.cut(line)]; len(line) == 0 && used == 0 && len(raw) > t.room {
				line = raw[:safeCut(raw)] // a page that is empty would have no next one
			}
			if len(line) == 0 {
				return used
			}
		}
		t.plain.Write(t.begun)
		t.plain.Write(line)
		if !ends {
			t.plain.Close() // which gives it an end
			t.made.Truncate(len(bytes.TrimSuffix(t.made.Bytes(), []byte{'\n'})))
		}
		text := t.behindBegun(t.take())
		if t.out.Len()+len(text) > t.room {
			t.full = true
			if t.out.Len() == 0 {
				return used + t.piece(line)
			}
			return used
		}
		t.out.WriteString(text)
		used += len(line)
		t.begun = nil
		if !ends {
			return used
		}
	}
	return used
}

// behindBegun leaves out what the page before had of a line. Hidden text has as many
// characters as it had before.
func (t *texter) behindBegun(text string) string {
	if len(t.begun) == 0 {
		return text
	}
	for n := utf8.RuneCountInString(plainLine(t.begun)); n > 0 && text != "" && text[0] != '\n'; n-- {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return text
}

// piece takes of a line that fits no page as much as fits.
func (t *texter) piece(line []byte) int {
	for n := min(len(line), t.room); ; n /= 2 {
		cut := t.cut(line[:n])
		if cut == 0 {
			cut = safeCut(line[:n])
		}
		t.made.WriteString(plainLine(append(bytes.Clone(t.begun), line[:cut]...)))
		if text := t.behindBegun(t.take()); len(text) <= t.room || n <= 1 {
			t.out.WriteString(text)
			return cut
		}
	}
}

// cut returns how much of a line that goes on can be in a page.
func (t *texter) cut(line []byte) int {
	n := safeCut(line)
	if !t.hides {
		return n
	}
	// A secret has no blanks, so that one that lies across the border is seen whole.
	n = bytes.LastIndexAny(line[:n], " \t\r") + 1
	return safeCut(line[:n])
}

// longestSequence is how far from the end a control sequence is looked for that is
// not at its end.
const longestSequence = 4 << 10

// safeCut returns how much of data there is without a last character or control
// sequence that is not whole; all of it where there would be nothing left.
func safeCut(data []byte) int {
	n := len(data)
	for k := 1; k <= utf8.UTFMax && k <= n; k++ {
		if c := data[n-k]; utf8.RuneStart(c) {
			if !utf8.FullRune(data[n-k:]) {
				n -= k
			}
			break
		}
	}
	esc := bytes.LastIndexByte(data[max(0, n-longestSequence):n], 0x1b)
	if esc >= 0 {
		if esc += max(0, n-longestSequence); !sequenceEnds(data[esc+1 : n]) {
			n = esc
		}
	}
	if n == 0 {
		return len(data)
	}
	return n
}

// sequenceEnds reports whether what stands behind an ESC has the sequence's end.
func sequenceEnds(rest []byte) bool {
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '[':
		return bytes.ContainsFunc(rest[1:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
	case ']', 'P', '_', '^', 'X':
		return bytes.IndexByte(rest, '\a') >= 0
	case '(', ')', '#', '%', ' ':
		return len(rest) > 1
	}
	return true
}

// plainLine is what a line shows.
func plainLine(line []byte) string {
	var b strings.Builder
	plain := exec.PlainText(&b)
	plain.Write(line)
	plain.Close()
	return strings.TrimSuffix(b.String(), "\n")
}
