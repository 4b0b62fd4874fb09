package exec

import (
	"errors"
	"fmt"
	"strings"
)

// maxID is the longest a session's ID can be.
const maxID = 256

// CheckID returns an error that says what is wrong with a session's ID: it must
// be 1-256 of letters, digits and "._-:/@+=", not beginning with '-'. It is
// shown as it is wherever a session has no name of its own.
func CheckID(id string) error {
	if len(id) > maxID {
		return fmt.Errorf("bad session ID: it is longer than %d bytes", maxID)
	}
	ok := id != "" && id[0] != '-'
	for _, c := range []byte(id) {
		ok = ok && (letterOrDigit(c) || strings.IndexByte("._-:/@+=", c) >= 0)
	}
	if ok {
		return nil
	}
	return fmt.Errorf("bad session ID %q: %w", id, errID)
}

var errID = errors.New("use 1-256 of letters, digits and ._-:/@+=, not beginning with '-'")

func letterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// maxName is the longest a session's name can be.
const maxName = 64

// CheckName returns an error that says what is wrong with a session's name: it
// must be 1-64 of letters, digits, '.', '_' and '-'.
func CheckName(name string) error {
	ok := name != "" && len(name) <= maxName && name != "." && name != ".." && name[0] != '-'
	for _, c := range []byte(name) {
		ok = ok && (letterOrDigit(c) || c == '.' || c == '_' || c == '-')
	}
	if ok {
		return nil
	}
	return fmt.Errorf("bad session name %q: %w", name, errName)
}

var errName = errors.New("use 1-64 of letters, digits, '.', '_' and '-', not beginning with '-'")
