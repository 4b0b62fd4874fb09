package main

import (
	"slices"
	"testing"
)

// A link called tmux that leads to the binary is xsh tmux.
func TestLinkCalledTmux(t *testing.T) {
	for _, test := range []struct{ args, want []string }{
		{[]string{"/home/me/tools/tmux", "ls", "-F", "#S"}, []string{"tmux", "ls", "-F", "#S"}},
		{[]string{"tmux"}, []string{"tmux"}},
		{[]string{"/usr/bin/xsh", "ls"}, []string{"ls"}},
	} {
		if got := typed(test.args); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
}
