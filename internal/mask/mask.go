package mask

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what New takes: patterns come from a user's settings, and each is looked
// for in all that is printed.
const (
	maxPatterns = 200
	maxPattern  = 2000
)

// Mask hides what matches its patterns. A nil Mask hides nothing. All methods may
// be called concurrently.
type Mask struct {
	patterns []pattern
}

// New returns a Mask of patterns, which are regular expressions as package regexp
// has them. Its error names the one that is wrong. Of no patterns it returns nil.
func New(patterns []string) (*Mask, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	if len(patterns) > maxPatterns {
		return nil, fmt.Errorf("%d patterns, at most %d are looked for", len(patterns), maxPatterns)
	}
	m := &Mask{}
	for _, p := range patterns {
		if len(p) > maxPattern {
			return nil, fmt.Errorf("pattern %.40q... has %d bytes, at most %d are looked for", p, len(p), maxPattern)
		}
		re, err := newPattern(p)
		if err != nil {
			return nil, fmt.Errorf("bad pattern %q: %w", p, err)
		}
		m.patterns = append(m.patterns, re)
	}
	return m, nil
}

// Hide returns a line of text with a * for each character that matches.
func (m *Mask) Hide(line string) string { return starred(line, m.find(line)) }

// span is a part of a line, in bytes.
type span struct{ from, to int }

// find returns what is to be hidden, the first first, with nothing twice.
func (m *Mask) find(line string) (all []span) {
	if m == nil {
		return nil
	}
	for _, re := range m.patterns {
		if !re.mayMatch(line) {
			continue
		}
		for _, at := range re.FindAllStringSubmatchIndex(line, -1) {
			if len(at) > 2 { // groups: the rest of the match may be read
				at = at[2:]
			}
			for i := 0; i < len(at); i += 2 {
				if at[i] < at[i+1] {
					all = append(all, span{at[i], at[i+1]})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	merged := all[:0]
	for _, s := range all {
		if n := len(merged); n > 0 && s.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// starred returns line with each character in the spans as a *.
func starred(line string, spans []span) string {
	if len(spans) == 0 {
		return line
	}
	var b strings.Builder
	done := 0
	for _, s := range spans {
		b.WriteString(line[done:s.from])
		b.WriteString(stars(line[s.from:s.to]))
		done = s.to
	}
	b.WriteString(line[done:])
	return b.String()
}

// stars is a * for each character of text.
func stars(text string) string { return strings.Repeat("*", utf8.RuneCountInString(text)) }

// HideParts hides in a line that comes in parts, such as the rows that a terminal
// wrapped it into, or its runs of one colour. The result has the same parts.
func (m *Mask) HideParts(parts []string) []string { return hideParts(parts, m.Hide) }

func hideParts(parts []string, hide func(string) string) []string {
	whole := strings.Join(parts, "")
	rest := hide(whole)
	if rest == whole {
		return parts
	}
	// A * stands for a character each, so the characters tell the parts.
	list := make([]string, len(parts))
	for i, part := range parts {
		n := 0
		for range utf8.RuneCountInString(part) {
			_, size := utf8.DecodeRuneInString(rest[n:])
			n += size
		}
		list[i], rest = rest[:n], rest[n:]
	}
	return list
}
