package main

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// checkPattern says what is wrong with a regular expression.
func checkPattern(pattern string) error {
	_, err := regexp.Compile(pattern)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return withHint(usagef("bad pattern %q: %s: %q", pattern, bad.Code, bad.Expr), "patterns are Go's: https://go.dev/s/re2syntax")
	}
	if err != nil {
		return &usageError{err}
	}
	return nil
}
