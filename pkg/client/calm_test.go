package client

import (
	"bytes"
	"testing"
)

// What clears the scrollback is cancelled, however it is cut; all else stays.
func TestCalm(t *testing.T) {
	for _, c := range [][2]string{
		{"a\x1b[3Jb", "a\x1b[3\x18b"},
		{"\x1b[H\x1b[2J\x1b[3J\x1b[003J", "\x1b[H\x1b[2J\x1b[3\x18\x1b[003\x18"},
		{"\x1b\x1b[3J\x1b[\x1b[3J", "\x1b\x1b[3\x18\x1b[\x1b[3\x18"},
		{"3J [3J \x1b[33J \x1b[3;1J \x1b[?3J \x1b[2J \x1b[J \x1b[3K", "3J [3J \x1b[33J \x1b[3;1J \x1b[?3J \x1b[2J \x1b[J \x1b[3K"},
	} {
		for cut := range len(c[0]) + 1 {
			var calm calm
			first, second := []byte(c[0][:cut]), []byte(c[0][cut:])
			calm.quiet(first)
			calm.quiet(second)
			if got := bytes.Join([][]byte{first, second}, nil); string(got) != c[1] {
				t.Errorf("%q, cut at %d, is made %q, want %q", c[0], cut, got, c[1])
			}
		}
	}
}
