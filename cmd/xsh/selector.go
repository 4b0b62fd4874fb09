package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/selector"
)

// selectorFlag is the flag -l: the sessions that are meant, by their labels.
type selectorFlag struct {
	selector.Selector
	text  string
	given bool
}

func (f *selectorFlag) add(cmd *cobra.Command) {
	cmd.Flags().VarP(f, "selector", "l", "only sessions whose labels match, such as project=web,!old")
}

// String returns the selector as it was given.
func (f *selectorFlag) String() string { return f.text }

// Type is what help calls the flag's value.
func (f *selectorFlag) Type() string { return "SELECTOR" }

// Set takes a selector from the command line.
func (f *selectorFlag) Set(text string) error {
	s, err := selector.Parse(text)
	if err != nil {
		return withHint(err, "a selector is like project=web, tier!=back, !old or 'project in (web, db)', with commas between")
	}
	f.Selector, f.text, f.given = s, text, true
	return nil
}

// labelPairs reads labels, KEY=VALUE each. One that no selector could name is
// refused.
func labelPairs(list []string) (map[string]string, error) {
	pairs := make(map[string]string, len(list))
	for _, pair := range list {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, usagef("bad label %q: want KEY=VALUE", pair)
		}
		if err := selector.CheckKey(key); err != nil {
			return nil, &usageError{err}
		}
		if err := selector.CheckValue(value); err != nil {
			return nil, &usageError{err}
		}
		pairs[key] = value
	}
	return pairs, nil
}

// checkVariable refuses what is no NAME=VALUE with a name that a shell can use.
func checkVariable(pair string) error {
	name, _, ok := strings.Cut(pair, "=")
	if !ok {
		return usagef("bad variable %q: want NAME=VALUE", name)
	}
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return usagef("bad variable %q: use letters, digits and '_' for its name, no digit first", name)
		}
	}
	if name == "" {
		return usagef("bad variable %q: it has no name", pair)
	}
	return nil
}

// noMatch says that a selector names no session of that kind.
func noMatch(kind string, f selectorFlag) error {
	return withHint(fmt.Errorf("no %s session matches %s", kind, f.text), "xsh ls -a -o wide shows the labels")
}
