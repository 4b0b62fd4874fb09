package termin

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
	keys [maxDetachKeys]Key
}

// ctrlChars are the characters, beside letters, that make a control character
// of their own with Ctrl. That of / is the one of _.
const ctrlChars = `@\]^_/ `

// Keys returns how many keys the sequence has.
func (d DetachKey) Keys() int { return d.n }

// ParseDetachKey reads one to three keys with spaces between them, or "none". A
// key is what ParseKey reads, if every terminal can send it: ctrl- goes with a
// letter or one of @ \ ] ^ _ / space. The sequence begins with a key that types
// no text, so that typing never waits for what comes next.
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
		k, err := parseDetachKey(word)
		if err != nil {
			return DetachKey{}, fmt.Errorf("detach key %q: %w", s, err)
		}
		d.keys[i] = k
	}
	if d.keys[0].types() {
		return DetachKey{}, fmt.Errorf("detach key %q: the first key must be one that types nothing, like ctrl-a, alt-a, f12 or esc", s)
	}
	return d, nil
}

func parseDetachKey(word string) (Key, error) {
	if strings.EqualFold(word, "none") {
		return Key{}, errors.New(`"none" stands alone`)
	}
	k, err := ParseKey(word)
	switch {
	case err != nil:
		return Key{}, err
	case k.Mods&Super != 0:
		return Key{}, fmt.Errorf("key %q: most terminals do not send super-", word)
	case k.functional():
		return k, k.checkFunctional(word)
	case k.Code > '~':
		return Key{}, fmt.Errorf("unknown key %q; a key of the detach key is like ctrl-a, alt-a, f12, esc or d", word)
	case k.Mods&Ctrl == 0:
		return k, nil
	case k.Mods&Shift != 0:
		return Key{}, fmt.Errorf("key %q cannot be told from %q on most terminals", word, Key{Code: k.Code, Mods: k.Mods &^ Shift})
	case k.Code == 'i' || k.Code == 'm' || k.Code == '[':
		return Key{}, fmt.Errorf("key %q cannot be told from Tab, Enter or Esc", word)
	case isLower(k.Code) || strings.ContainsRune(ctrlChars, k.Code):
		return k, nil
	}
	return Key{}, fmt.Errorf(`unknown key %q; ctrl- goes with a letter or one of @ \ ] ^ _ / space`, word)
}

// functional reports whether the key is no character, whatever its modifiers.
func (k Key) functional() bool {
	switch k.Code {
	case KeyTab, KeyEnter, KeyEscape, KeyBackspace:
		return true
	}
	return k.Code >= KeyInsert && k.Code <= keyISOLevel5Shift
}

// checkFunctional refuses what few terminals send.
func (k Key) checkFunctional(word string) error {
	switch {
	case k.Code == KeyTab && k.Mods&^Shift != 0, k.Code < ' ' && k.Code != KeyTab && k.Mods != 0, k.Code == KeyBackspace && k.Mods != 0:
		return fmt.Errorf("key %q cannot be told from %q on most terminals", word, Key{Code: k.Code})
	case k.Code > KeyF1+19 || k.Code >= KeyCapsLock && k.Code <= KeyMenu:
		return fmt.Errorf("key %q: most terminals do not send it; use another, like f12", word)
	}
	return nil
}

// types reports whether the key is one that people type text with.
func (k Key) types() bool {
	switch k.Code {
	case KeyTab, KeyEnter, KeyBackspace:
		return true
	}
	return k.Mods == 0 && !k.functional()
}

// String gives the form that ParseDetachKey reads.
func (d DetachKey) String() string {
	if d.n == 0 {
		return "none"
	}
	names := make([]string, d.n)
	for i, k := range d.keys[:d.n] {
		names[i] = k.String()
	}
	return strings.Join(names, " ")
}

// is tells whether the token, which is text or a key that went down, is k.
func (k Key) is(t *Token) bool {
	mods := t.Key.Mods &^ (CapsLock | NumLock)
	switch {
	case t.Kind == Text:
		return k.Mods == 0 && k.Code == rune(t.Bytes[0])
	case k.functional():
		return t.Key.Code == k.Code && mods == k.Mods
	case t.plain():
		return string(t.Bytes) == k.plain()
	case k.Mods == 0 && t.Key.Text == k.Code: // also with AltGr, whatever key that is
		return true
	case mods&^Shift != k.Mods:
		return false
	case mods&Shift == 0:
		// Where Caps Lock is on, xterm has the capital letter for ctrl- and a letter.
		capital := k.Mods != 0 && isLower(k.Code) && t.Key.Code == withShift(k.Code)
		return t.Key.Code == k.Code || t.Key.Base == k.Code || capital
	case isLower(k.Code) || k.Code == ' ':
		return false
	}
	return t.Key.Code == k.Code || t.Key.Shifted == k.Code || t.Key.Shifted == 0 && withShift(t.Key.Code) == k.Code
}

func isLower(r rune) bool { return r >= 'a' && r <= 'z' }

// plain is what a terminal sends for the character k when no encoding was asked
// for.
func (k Key) plain() string {
	char := string(k.Code)
	switch {
	case k.Mods&Ctrl != 0 && k.Code == '/':
		char = "\x1f"
	case k.Mods&Ctrl != 0:
		char = string(k.Code & 0x1f)
	}
	if k.Mods&Alt != 0 {
		return "\x1b" + char
	}
	return char
}
