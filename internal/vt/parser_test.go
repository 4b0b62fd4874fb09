package vt

import (
	"bytes"
	"strings"
	"testing"
)

// firstRow writes input and returns the first row's text.
func firstRow(input string) string {
	term := New(Size{3, 40}, Config{})
	term.Write([]byte(input))
	return term.Snapshot().Row(0).Text()
}

func TestParser(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"C0 within a sequence", "abc\x1b[\r2Cx", "abx"},
		{"CAN abandons a sequence", "a\x1b[1\x18mb", "amb"},
		{"SUB abandons a sequence", "a\x1b[1\x1amb", "amb"},
		{"ESC restarts a sequence", "a\x1b[1\x1b[2Cb", "a  b"},
		{"too many intermediates", "a\x1b[1 !\"mb", "ab"},
		{"too many parameters", "a\x1b[" + strings.Repeat("1;", 40) + "1mb", "ab"},
		{"a marker after a parameter", "a\x1b[1?2mb", "ab"},
		{"OSC ended by BEL", "a\x1b]2;t\ab", "ab"},
		{"OSC ended by ST", "a\x1b]2;t\x1b\\b", "ab"},
		{"OSC ended by C1 ST", "a\x1b]2;t\u009cb", "ab"},
		{"OSC with other characters that end in 9c", "a\x1b]2;tìœb\ab", "ab"},
		{"DCS", "a\x1bP1;2|text\x1b\\b", "ab"},
		{"BEL does not end a DCS", "a\x1bPq\ax\x1b\\b", "ab"},
		{"APC, PM, SOS", "a\x1b_x\x1b\\b\x1b^x\x1b\\c\x1bXx\x1b\\d", "abcd"},
		{"C1 as UTF-8", "a\u009b2Cb", "a  b"},
		{"C1 string as UTF-8", "a\u009d2;t\u009cb", "ab"},
		{"invalid UTF-8", "a\xffb", "a�b"},
		{"one mark for a cut character", "a\xe6\x97b", "a�b"},
		{"overlong", "a\xc0\x80b", "a��b"},
		{"surrogate", "a\xed\xa0\x80b", "a���b"},
		{"beyond Unicode", "a\xf5\x80b", "a��b"},
		{"a control within a character", "a\xe6\r\x97b", "�b"},
		{"an escape of an unknown kind", "a\x1b%Gb", "ab"},
	} {
		if got := firstRow(c.input); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestStringsAreBounded(t *testing.T) {
	for _, start := range []string{"\x1b]2;", "\x1bP$q", "\x1b_G", "\x1bX", "\x1b^", "\x1b]8;;http://", "\x1bPq"} {
		term := New(Size{3, 40}, Config{})
		term.Write([]byte(start))
		for range 100 {
			term.Write(bytes.Repeat([]byte("0123456789"), 1000))
		}
		if n := cap(term.parser.str); n > 2*maxString {
			t.Errorf("%q: %d bytes kept", start, n)
		}
		if n := len(term.Snapshot().pending); n > maxString+len("\x1b]") {
			t.Errorf("%q: %d bytes pending", start, n)
		}
		term.Write([]byte("\x1b\\ok"))
		if got := term.Snapshot().Row(0).Text(); got != "ok" {
			t.Errorf("%q: then %q", start, got)
		}
	}
}

func TestPendingSequenceEndsTheReplay(t *testing.T) {
	for _, start := range []string{
		"\x1b", "\x1b[", "\x1b[?", "\x1b[3", "\x1b[3;", "\x1b[38:2", "\x1b[1$", "\x1b(", "\x1b]", "\x1b]2;tit", "\x1bP", "\x1bP1$", "\x1bP$qm",
		"\xe6", "\xe6\x97", "\xf0\x9f\x98", "\x1b_Ga=q", "\x1bX", "\x1b]2;t\x1b",
	} {
		term := New(Size{3, 40}, Config{})
		term.Write([]byte("text" + start))
		replay := term.Snapshot().AppendReplay(nil, ReplayOptions{})
		if !bytes.HasSuffix(replay, []byte(start)) && start != "\x1b]2;t\x1b" {
			t.Errorf("%q: replay ends %q", start, replay[len(replay)-20:])
		}
		other := New(Size{3, 40}, Config{})
		other.Write(replay)
		rest := []byte("1\x97\xa5\x80;5H\x1b\\more")
		term.Write(rest)
		other.Write(rest)
		if d := differences(t, term.Snapshot(), other.Snapshot()); d != "" {
			t.Errorf("%q: after the rest:\n%s", start, d)
		}
	}
}

func TestHalfAnImageLeavesItsPlaceBlank(t *testing.T) {
	term := New(Size{10, 40}, Config{})
	term.Write([]byte("text\x1bPq#0;2;0;0;0~~-~~-~~"))
	replay := term.Snapshot().AppendReplay(nil, ReplayOptions{})
	if !bytes.HasSuffix(replay, []byte("\x1bPq--?$")) {
		t.Errorf("replay ends %q", replay[len(replay)-20:])
	}
}
