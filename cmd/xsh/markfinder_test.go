package main

import (
	"slices"
	"strings"
	"testing"
)

// TestMarkFinder: the lines of commands are found however the output is cut.
func TestMarkFinder(t *testing.T) {
	const output = "\x1b[1m$ \x1b]133;B\a\x1b]633;E;ls \\x3b a\\\\b;nonce\x1b\\\x1b]133;C\x1b\\files\x1b]133;D;0\a" +
		"\x1b]133;C;cmdline_url=make%20-j\aout\x1b]8;;http://x\a\x1b]633;C\a\x1b]633;E;\\x4\\\x1b]133;C\a"
	want := []string{"ls ; a\\b", "make -j", "", "x4"}
	for size := 1; size < len(output); size++ {
		var m markFinder
		var got []string
		for from := 0; from < len(output); from += size {
			got = append(got, m.commands([]byte(output[from:min(len(output), from+size)]))...)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d: %q, want %q", size, got, want)
		}
	}
	var m markFinder
	if m.commands([]byte("\x1b]133;" + strings.Repeat("x", 2*maxMark))); len(m.rest) > 0 {
		t.Errorf("%d bytes of no mark are kept", len(m.rest))
	}
}
