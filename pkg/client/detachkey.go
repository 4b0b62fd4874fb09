package client

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultDetachKey is what ParseDetachKey is given when nobody has chosen.
const DefaultDetachKey = `ctrl-\ ctrl-\`

const maxDetachKeys = 3

// DetachKey is the sequence of keys that ends an attachment from the keyboard.
// The zero value is none: nothing typed detaches.
type DetachKey struct {
	n    int
	keys [maxDetachKeys]key
}

// key is one key of the sequence: a character, or ESC, with Ctrl or without.
type key struct {
	char rune // as printed on the key; lower case with Ctrl
	ctrl bool
}

const esc = 0x1b

// ParseDetachKey reads one to three keys with spaces between them, or "none". A
// key is ctrl- and a letter or one of @ \ ] ^ _ / space, or esc, or a printable
// character. ctrl- may be written C- or ^ as well. The sequence begins with a
// ctrl key or esc, so that typing text never waits for what comes next.
func ParseDetachKey(s string) (DetachKey, error) {
	words := strings.Fields(s)
	switch {
	case len(words) == 0:
		return DetachKey{}, errors.New(`detach key is empty; "none" turns it off`)
	case len(words) == 1 && strings.EqualFold(words[0], "none"):
		return DetachKey{}, nil
	case len(words) > maxDetachKeys:
		return DetachKey{}, fmt.Errorf("detach key %q has %d keys, at most %d are allowed", s, len(words), maxDetachKeys)
	}
	d := DetachKey{n: len(words)}
	for i, word := range words {
		k, err := parseKey(word)
		if err != nil {
			return DetachKey{}, fmt.Errorf("detach key %q: %w", s, err)
		}
		d.keys[i] = k
	}
	if first := d.keys[0]; !first.ctrl && first.char != esc {
		return DetachKey{}, fmt.Errorf("detach key %q: the first key must be ctrl-something or esc", s)
	}
	return d, nil
}

func parseKey(word string) (key, error) {
	if name, ok := cutCtrl(word); ok {
		return parseCtrlKey(word, name)
	}
	switch lower := strings.ToLower(word); {
	case lower == "esc" || lower == "escape":
		return key{char: esc}, nil
	case lower == "space":
		return key{char: ' '}, nil
	case lower == "none":
		return key{}, errors.New(`"none" stands alone`)
	case len(word) == 1 && word[0] > ' ' && word[0] < 0x7f:
		return key{char: rune(word[0])}, nil
	}
	return key{}, fmt.Errorf("unknown key %q; a key is like ctrl-a, esc, space or d", word)
}

// cutCtrl cuts off what stands for Ctrl. A bare ^ is the character.
func cutCtrl(word string) (name string, ok bool) {
	lower := strings.ToLower(word)
	for _, prefix := range []string{"ctrl-", "ctrl+", "c-", "^"} {
		if name, ok := strings.CutPrefix(lower, prefix); ok && (name != "" || prefix != "^") {
			return name, true
		}
	}
	return "", false
}

func parseCtrlKey(word, name string) (key, error) {
	switch {
	case name == "space":
		name = " "
	case name == "i" || name == "m" || name == "[":
		return key{}, fmt.Errorf("key %q cannot be told from Tab, Enter or Esc", word)
	}
	if len(name) == 1 && (name[0] >= 'a' && name[0] <= 'z' || strings.Contains(`@\]^_/ `, name)) {
		return key{char: rune(name[0]), ctrl: true}, nil
	}
	return key{}, fmt.Errorf(`unknown key %q; ctrl- goes with a letter or one of @ \ ] ^ _ / space`, word)
}

// String gives the form that ParseDetachKey reads.
func (d DetachKey) String() string {
	if d.n == 0 {
		return "none"
	}
	names := make([]string, d.n)
	for i, k := range d.keys[:d.n] {
		names[i] = k.name()
	}
	return strings.Join(names, " ")
}

func (k key) name() string {
	name := string(k.char)
	switch k.char {
	case esc:
		name = "esc"
	case ' ':
		name = "space"
	}
	if k.ctrl {
		return "ctrl-" + name
	}
	return name
}

// raw is the byte that a terminal sends for k when no encoding was asked for.
func (k key) raw() byte {
	switch {
	case !k.ctrl:
		return byte(k.char)
	case k.char == '/': // has no control character of its own; terminals send that of _
		return 0x1f
	}
	return byte(k.char) & 0x1f
}
