package mask

import (
	"strings"
	"testing"
)

// TestRequired: what a pattern cannot do without is found where there is such a thing,
// and nowhere else.
func TestRequired(t *testing.T) {
	for text, want := range map[string]string{
		`secret`: "secret", `\bgh[pousr]_[A-Z]{36}`: "gh", `a(bcd)+e`: "bcd", `x{2,}y?`: "x", `(?:abc){2}`: "abc",
		`(?i)secret`: "", `(?i:a)bc`: "bc", `abc|abd`: "ab", `abc|xbc`: "", `a*b?`: "", `[ab]c`: "c", `(|ab)c`: "c", `.`: "", `a{0,3}`: "", "a\ufffdb": "",
	} {
		p, err := newPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.required != want {
			t.Errorf("%s requires %q, want %q", text, p.required, want)
		}
	}
}

// FuzzRequired: whatever a pattern matches has what it is said to require.
func FuzzRequired(f *testing.F) {
	for _, p := range Default {
		f.Add(p, "AKIAABCDEFGH12345678 ghp_x a://b:c@d")
	}
	f.Add(`(a|b)*c{2,}(?i:d)`, "abccD")
	f.Fuzz(func(t *testing.T, text, line string) {
		p, err := newPattern(text)
		if err != nil || len(text) > 200 {
			return
		}
		if p.MatchString(line) && !p.mayMatch(line) {
			t.Errorf("%q matches %q, which lacks %q", text, line, p.required)
		}
	})
}

// BenchmarkHide is the time for a line that has no secret, with the patterns of
// well-known tokens.
func BenchmarkHide(b *testing.B) {
	m := newMask(b, Default...)
	line := strings.Repeat("some words of a log, 12:34:56 ok; ", 3)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		m.Hide(line)
	}
}
