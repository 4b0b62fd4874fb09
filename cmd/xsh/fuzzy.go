package main

import (
	"slices"
	"strings"
	"unicode"

	"github.com/xsh-project/xsh/pkg/exec"
)

// filtered returns the sessions that a filter leaves, the best fits first, and those
// that fit alike as the picker shows them.
func filtered(all []*exec.Session, filter string) []*exec.Session {
	type fit struct {
		s     *exec.Session
		score int
	}
	words := strings.Fields(strings.ToLower(filter))
	var fits []fit
	for _, s := range all {
		score, fitting := 0, true
		name := strings.ToLower(s.Name)
		rest := strings.ToLower(strings.Join([]string{command(s), s.Dir, s.Title, labels(s.Labels), status(s)}, "\n"))
		for _, w := range words {
			n := fitOf(w, name, rest)
			score, fitting = score+n, fitting && n > 0
		}
		if fitting {
			fits = append(fits, fit{s, score})
		}
	}
	slices.SortStableFunc(fits, func(x, y fit) int {
		if x.score != y.score {
			return y.score - x.score
		}
		return byUse(x.s, y.s)
	})
	var list []*exec.Session
	for _, f := range fits {
		list = append(list, f.s)
	}
	return list
}

// fitOf says how well a word fits a session: 0 is not at all. The name counts more
// than the rest, and letters side by side more than letters with gaps.
func fitOf(word, name, rest string) int {
	switch {
	case name == word:
		return 6
	case strings.HasPrefix(name, word):
		return 5
	case strings.Contains(name, word):
		return 4
	case strings.Contains(rest, word):
		return 3
	case inOrder(word, name):
		return 2
	}
	for line := range strings.SplitSeq(rest, "\n") {
		if inOrder(word, line) {
			return 1
		}
	}
	return 0
}

// inOrder reports whether all letters of a word come in text, in their order.
func inOrder(word, text string) bool {
	left := []rune(word)
	for _, r := range text {
		if len(left) > 0 && left[0] == r {
			left = left[1:]
		}
	}
	return len(left) == 0
}

// printable is text without control characters, as it may be typed into a line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
