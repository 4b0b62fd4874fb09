// Package jsonescape escapes in the strings of JSON what encoding/json leaves as it
// is: for a place that takes ASCII alone, or a terminal that must not act on text.
package jsonescape

import (
	"bytes"
	"fmt"
	"unicode/utf16"
)

// Escape returns JSON that says the same, without the characters for which escaped
// says true. That is false for those that JSON has outside its strings. Bytes that
// are no UTF-8 become U+FFFD.
func Escape(data []byte, escaped func(rune) bool) []byte {
	if !bytes.ContainsFunc(data, escaped) {
		return data
	}
	var b bytes.Buffer
	for _, r := range string(data) {
		switch {
		case !escaped(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.Bytes()
}

// ASCII escapes everything but printable ASCII; data has no line ends.
func ASCII(data []byte) string {
	return string(Escape(data, func(r rune) bool { return r < ' ' || r > '~' }))
}
