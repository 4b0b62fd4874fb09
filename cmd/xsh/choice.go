package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choiceFlag is a flag that takes one of a few words.
type choiceFlag struct {
	what    string // the flag's value is one, for errors
	choices []string
	value   string
}

// outputFlag is the flag -o: the form that a list is printed in.
func outputFlag(choices ...string) choiceFlag {
	return choiceFlag{what: "output form", choices: choices, value: choices[0]}
}

func (f *choiceFlag) addOutput(cmd *cobra.Command) {
	cmd.Flags().VarP(f, "output", "o", "print in this form: "+orList(f.choices))
}

// String returns the word that was chosen.
func (f *choiceFlag) String() string { return f.value }

// Type is what help calls the flag's value.
func (f *choiceFlag) Type() string { return "FORM" }

// Set takes a word from the command line.
func (f *choiceFlag) Set(word string) error {
	if !slices.Contains(f.choices, word) {
		hint := ""
		if near := nearest(word, f.choices); near != "" {
			hint = "did you mean " + near + "?"
		}
		return withHint(fmt.Errorf("no such %s %q: want %s", f.what, word, orList(f.choices)), hint)
	}
	f.value = word
	return nil
}

// orList is words as a person lists them: a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
