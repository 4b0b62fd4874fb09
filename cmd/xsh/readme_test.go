package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestREADMEHasEveryCommand compares the README's table with the commands.
func TestREADMEHasEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `xsh ([a-z]+)").FindAllSubmatch(text, -1) {
		told[string(row[1])] = true
	}
	root := newRootCommand(&app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv})
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" && !told[cmd.Name()] {
			t.Errorf("the README's table lacks xsh %s", cmd.Name())
		}
		delete(told, cmd.Name())
		if strings.TrimSpace(cmd.Example) == "" && !cmd.HasSubCommands() && cmd.Name() != "help" {
			t.Errorf("the help of xsh %s has no example", cmd.Name())
		}
	}
	for name := range told {
		t.Errorf("the README's table has xsh %s, which does not exist", name)
	}
}
