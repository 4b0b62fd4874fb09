package selector

import (
	"fmt"
	"strings"
)

const (
	maxName   = 63
	maxPrefix = 253
)

// CheckKey returns an error that says what is wrong with a label's key, or nil
// for one that a selector can name.
func CheckKey(key string) error {
	prefix, name, prefixed := strings.Cut(key, "/")
	if !prefixed {
		name = key
	}
	switch {
	case key == "":
		return fmt.Errorf("bad label key %q: it is empty", key)
	case prefixed && !isSubdomain(prefix):
		return fmt.Errorf("bad label key %q: before the / must stand a DNS name in lower case, such as example.com", key)
	case !isName(name):
		return fmt.Errorf("bad label key %q: use 1-63 of letters, digits, '-', '_' and '.', with a letter or digit first and last", key)
	}
	return nil
}

// CheckValue returns an error that says what is wrong with a label's value, or
// nil for one that a selector can name.
func CheckValue(value string) error {
	if value == "" || isName(value) {
		return nil
	}
	return fmt.Errorf("bad label value %q: use at most 63 of letters, digits, '-', '_' and '.', with a letter or digit first and last", value)
}

func isName(s string) bool {
	return len(s) <= maxName && joined(s, isAlnum, "-_.")
}

func isSubdomain(s string) bool {
	if len(s) > maxPrefix {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !joined(part, isLowerAlnum, "-") {
			return false
		}
	}
	return true
}

// joined reports whether s begins and ends with a character that is good, and
// has only those and some of between in it.
func joined(s string, good func(byte) bool, between string) bool {
	if s == "" || !good(s[0]) || !good(s[len(s)-1]) {
		return false
	}
	for _, c := range []byte(s) {
		if !good(c) && strings.IndexByte(between, c) < 0 {
			return false
		}
	}
	return true
}

func isLowerAlnum(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
func isAlnum(c byte) bool      { return isLowerAlnum(c) || 'A' <= c && c <= 'Z' }
