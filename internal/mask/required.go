package mask

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern is one that is looked for. Most lines lack what it cannot do without, which is
// found out in a fraction of the time that the pattern takes.
type pattern struct {
	*regexp.Regexp
	required string // what each match has in it; may be empty
}

func newPattern(text string) (pattern, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, err
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, err
	}
	return pattern{re, required(tree)}, nil
}

// mayMatch reports whether it is worth looking for the pattern.
func (p pattern) mayMatch(line string) bool { return strings.Contains(line, p.required) }

// required returns the longest text that is found that whatever matches has.
func required(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		// U+FFFD matches bytes that are no character as well.
		if re.Flags&syntax.FoldCase == 0 && !slices.Contains(re.Rune, utf8.RuneError) {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if text := required(sub); len(text) > len(longest) {
				longest = text
			}
		}
	}
	return longest
}
