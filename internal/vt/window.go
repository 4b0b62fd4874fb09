package vt

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xsh-project/xsh/internal/termreset"
)

// What a program can set of the window around its text, beside the titles: the shape
// of the mouse pointer and the progress that is shown with the window.

// Bounds of the pointer's shapes (OSC 22) that are kept.
const (
	maxPointers    = 16
	maxPointerName = 64
)

// setPointer is OSC 22: a shape's name, which replaces the one in force. kitty also
// pushes shapes with > and pops one with <.
// https://sw.kovidgoyal.net/kitty/pointer-shapes/
func (t *Terminal) setPointer(b []byte) {
	s := t.pointers
	n := len(s)
	how := byte('=')
	if len(b) > 0 && strings.IndexByte("=<>?", b[0]) >= 0 {
		how, b = b[0], b[1:]
	}
	switch how {
	case '<':
		t.pointers = s[:max(n-1, 0):max(n-1, 0)]
	case '>':
		for name := range bytes.SplitSeq(b, []byte{','}) {
			if len(s) == maxPointers {
				s = s[1:]
			}
			s = append(s[:len(s):len(s)], pointerName(name))
		}
		t.pointers = s
	case '=':
		s = s[:max(n-1, 0):max(n-1, 0)]
		if name := pointerName(b); name != "" || len(s) > 0 {
			s = append(s, name)
		}
		t.pointers = s
	}
}

// pointerName returns a name as a replay may say it, "" for what is none: with ? it
// would begin a question.
func pointerName(b []byte) string {
	if len(b) > maxPointerName || strings.ContainsFunc(string(b), func(r rune) bool { return notWord(r) && r != '_' }) {
		return ""
	}
	return string(b)
}

// pointer returns the shape in force, "" for the terminal's own.
func (s *state) pointer() string {
	if n := len(s.pointers); n > 0 {
		return s.pointers[n-1]
	}
	return ""
}

// progress is what OSC 9;4 says: 1 normal, 2 an error, 3 of unknown length, 4 paused,
// and how many percent; 0 none.
// https://learn.microsoft.com/en-us/windows/terminal/tutorials/progress-bar-sequences
type progress struct{ state, percent uint8 }

// command is what makes a terminal show it.
func (p progress) command() string {
	if p == (progress{}) {
		return termreset.Undo(termreset.Progress)
	}
	return fmt.Sprintf("\x1b]9;4;%d;%d\x1b\\", p.state, p.percent)
}

// setProgress takes state;percent. Without a percentage an error and a pause keep
// the one that was shown.
func (t *Terminal) setProgress(b []byte) {
	state, percent, _ := bytes.Cut(b, []byte{';'})
	n, ok := number(state)
	if !ok || n > 4 {
		return
	}
	p := progress{state: uint8(n)}
	if v, ok := number(percent); ok && n != 0 && n != 3 {
		p.percent = uint8(min(v, 100))
	} else if n == 2 || n == 4 {
		p.percent = t.progress.percent
	}
	t.progress = p
	if f := t.cfg.Effects.Progress; f != nil {
		f(int(p.state), int(p.percent))
	}
}
