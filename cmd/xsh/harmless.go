package main

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/xsh-project/xsh/internal/jsonescape"
)

// harmless returns text with its control and invisible characters written out,
// so that what came from a program or another client cannot act on the
// terminal that it is shown on.
func harmless(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// harmlessJSON returns JSON with the control and invisible characters in its
// strings escaped that encoding/json leaves as they are.
func harmlessJSON(data []byte) []byte { return jsonescape.Escape(data, hiddenInJSON) }

// hiddenInJSON leaves out the line ends between JSON's lines.
func hiddenInJSON(r rune) bool { return r != '\n' && hidden(r) }

func hidden(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }
