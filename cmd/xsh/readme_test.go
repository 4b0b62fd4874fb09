package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// TestREADMEHasEverySetting compares the table in docs with the settings, and
// what the defaults are with what both say.
func TestREADMEHasEverySetting(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settingList {
		row := regexp.MustCompile("(?m)^\\| `" + s.key + "` \\| `" + s.variable() + "` \\| [^|]+ \\| `(.*?)` \\|").FindSubmatch(text)
		if row == nil {
			t.Errorf("docs/settings.md lacks %s", s.key)
		} else if string(row[1]) != s.def {
			t.Errorf("docs/settings.md says that %s is %s by default, and help %s", s.key, row[1], s.def)
		}
		var file map[string]any
		if _, err := toml.Decode(s.key+" = "+s.def, &file); err != nil {
			t.Fatal(err)
		}
		if err := s.set(&config{}, file[s.key]); err != nil {
			t.Errorf("%s cannot be set to its default: %v", s.key, err)
		}
		built := map[string]int{"history": vt.DefaultScrollback, "buffer_bytes": exec.DefaultOutputBufferSize}
		if n, ok := built[s.key]; ok && s.def != strconv.Itoa(n) {
			t.Errorf("%s is %d by default, not %s", s.key, n, s.def)
		}
	}
}

// TestREADMEHasEveryCommand compares the README's table with the commands.
func TestREADMEHasEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `xsh ([a-z-]+)").FindAllSubmatch(text, -1) {
		told[string(row[1])] = true
	}
	root := newRootCommand(&app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}, nil)
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

// TestHelpFits: help is read on terminals of 80 columns.
func TestHelpFits(t *testing.T) {
	var all func(*cobra.Command)
	all = func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		for line := range strings.Lines(cmd.Long + "\n" + cmd.UsageString()) {
			if columns(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("%s --help: more than 80 columns: %s", cmd.CommandPath(), line)
			}
		}
		for _, below := range cmd.Commands() {
			all(below)
		}
	}
	all(newRootCommand(&app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}, nil))
}
