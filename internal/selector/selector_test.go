package selector

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	web := map[string]string{"proj": "web", "tier": "", "n": "7", "example.com/owner": "me"}
	for text, want := range map[string]bool{
		"":                              true,
		" \t":                           true,
		"proj":                          true,
		"nosuch":                        false,
		"!proj":                         false,
		"! nosuch":                      true,
		"proj=web":                      true,
		"proj == web":                   true,
		"proj=db":                       false,
		"proj!=web":                     false,
		"nosuch!=web":                   true,
		"proj=web,tier=":                true,
		"proj=web,tier!=":               false,
		"proj in (db, web)":             true,
		"proj in (db)":                  false,
		"proj notin (db),tier notin ()": false,
		"nosuch notin (db)":             true,
		"tier in (a,,b)":                true,
		"n>6,n<8":                       true,
		"n>7":                           false,
		"proj>1":                        false,
		"example.com/owner=me":          true,
		"in notin (notin)":              true,
	} {
		s, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := s.Matches(web); got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
		if s.Empty() != (strings.TrimSpace(text) == "") {
			t.Errorf("%q: empty is %v", text, s.Empty())
		}
	}
}

// TestRefused: what is not understood is refused, with what was found and what
// was expected. The first is the one that ended the wrong sessions.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"!proj=web":    `bad selector "!proj=web": found "=", expected a comma or the end`,
		"a,":           `bad selector "a,": it ends where a label's key was expected`,
		",a":           `bad selector ",a": found ",", expected a label's key`,
		"=x":           `bad selector "=x": found "=", expected a label's key`,
		"a b":          `bad selector "a b": found "b", expected =, ==, !=, <, >, in or notin`,
		"a=b c":        `bad selector "a=b c": found "c", expected a comma or the end`,
		"a in b":       `bad selector "a in b": found "b", expected a list in parentheses`,
		"a in (b c)":   `bad selector "a in (b c)": found "c", expected a comma or )`,
		"a in (b":      `bad selector "a in (b": it ends where a comma or ) was expected`,
		"a==(b)":       `bad selector "a==(b)": found "(", expected a value`,
		"a>b":          `bad selector "a>b": "b" is not a whole number`,
		"a-=b":         `bad selector "a-=b": bad label key "a-": use 1-63 of letters, digits, '-', '_' and '.', with a letter or digit first and last`,
		"Example/a":    `bad selector "Example/a": bad label key "Example/a": before the / must stand a DNS name in lower case, such as example.com`,
		"a=/":          `bad selector "a=/": bad label value "/": use at most 63 of letters, digits, '-', '_' and '.', with a letter or digit first and last`,
		"a in (b),,c":  `bad selector "a in (b),,c": found ",", expected a label's key`,
		"a notin(b)\v": `bad selector "a notin(b)\v": found "\v", expected a comma or the end`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
