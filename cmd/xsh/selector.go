package main

import "strings"

// parseSelector reads a label selector: terms with commas between them, all of
// which must hold. A term is KEY=VALUE, KEY!=VALUE, KEY or !KEY.
func parseSelector(s string) (func(labels map[string]string) bool, error) {
	var terms []func(map[string]string) bool
	for _, t := range strings.Split(s, ",") {
		if t = strings.TrimSpace(t); t == "" {
			continue
		}
		term, err := parseTerm(t)
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
	return func(labels map[string]string) bool {
		for _, holds := range terms {
			if !holds(labels) {
				return false
			}
		}
		return true
	}, nil
}

func parseTerm(t string) (func(map[string]string) bool, error) {
	key, want, valued := strings.Cut(t, "=")
	differs := valued && strings.HasSuffix(key, "!")
	key = strings.TrimSuffix(key, "!")
	absent := !valued && strings.HasPrefix(key, "!")
	key = strings.TrimPrefix(key, "!")
	if key == "" {
		return nil, usagef("bad selector %q: want KEY=VALUE, KEY!=VALUE, KEY or !KEY", t)
	}
	return func(labels map[string]string) bool {
		v, ok := labels[key]
		switch {
		case absent:
			return !ok
		case !valued:
			return ok
		default:
			return (ok && v == want) != differs
		}
	}, nil
}
