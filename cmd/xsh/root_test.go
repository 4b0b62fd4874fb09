package main

import (
	"os"
	"slices"
	"testing"
)

// TestNamesOfCommands holds the names by which a command is found before it is
// made against those that it has.
func TestNamesOfCommands(t *testing.T) {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	for _, c := range commands {
		cmd := c.make(a)
		if has := append([]string{cmd.Name()}, cmd.Aliases...); !slices.Equal(has, c.names) {
			t.Errorf("the command is called %v, and is looked for as %v", has, c.names)
		}
		for _, name := range c.names {
			if made := newCommands(a, []string{name}); len(made) != 1 || made[0].Name() != cmd.Name() {
				t.Errorf("%s makes %d commands", name, len(made))
			}
		}
	}
	for _, typed := range [][]string{nil, {"nosuch"}, {"-a", "ls"}, {"help", "ls"}, {"__complete", "ls"}} {
		if made := newCommands(a, typed); len(made) != len(commands) {
			t.Errorf("%q makes %d commands, not all", typed, len(made))
		}
	}
}
