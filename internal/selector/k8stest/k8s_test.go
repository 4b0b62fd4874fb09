// Package k8stest holds internal/selector against Kubernetes' own parser.
package k8stest

import (
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/xsh-project/xsh/internal/selector"
)

// sets are the labels that every selector is tried on.
var sets = []map[string]string{
	nil,
	{"a": ""},
	{"a": "b"},
	{"a": "1", "b": "x"},
	{"a": "-7", "in": "notin"},
	{"a": "007", "x.y/a": "b", "notin": "in"},
	{"a": "9223372036854775808", "b": "b"},
}

// agree fails unless both parsers say the same of text, and of all sets.
func agree(t *testing.T, text string) {
	t.Helper()
	theirs, theirErr := labels.Parse(text)
	ours, ourErr := selector.Parse(text)
	if (theirErr == nil) != (ourErr == nil) {
		t.Fatalf("%q: Kubernetes says %v, we say %v", text, theirErr, ourErr)
	}
	if ourErr != nil {
		return
	}
	if theirs.Empty() != ours.Empty() {
		t.Fatalf("%q: empty is %v for Kubernetes and %v for us", text, theirs.Empty(), ours.Empty())
	}
	for _, set := range sets {
		if want, got := theirs.Matches(labels.Set(set)), ours.Matches(set); got != want {
			t.Fatalf("%q on %v: Kubernetes says %v, we say %v", text, set, want, got)
		}
	}
}

// words are what selectors are made of, and what they are not.
var words = []string{
	"a", "b", "in", "notin", "x.y/a", "=", "==", "!=", "!", "<", ">", "(", ")", ",", ",", " ", "\t", "\n",
	"1", "-7", "+5", "007", "", "A.b-c_d", "-x", "x-", "x.", ".x", "/", "a/", "/a", "X/a", "a/b/c", "a..b/c", "ä", "\v", "\u00a0",
	"\"", "'", ";", "&", "|", "*", "9223372036854775808", strings.Repeat("l", 63), strings.Repeat("l", 64),
	strings.Repeat("p.", 126) + "p/n", strings.Repeat("p.", 127) + "p/n",
}

func TestEveryShortSelector(t *testing.T) {
	for _, a := range words {
		for _, b := range words {
			for _, c := range words {
				agree(t, a+b+c)
				agree(t, "a in ("+a+b+c)
				agree(t, "a notin ("+a+b+c+")")
				agree(t, "a,!b"+a+b+c)
			}
		}
	}
}

func TestLongerSelectors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		var b strings.Builder
		for range 4 + r.IntN(12) {
			b.WriteString(words[r.IntN(26)])
		}
		agree(t, b.String())
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a", "!a", "a=b,c!=d", "x in (foo,,baz),y,z notin ()", "a>1,b<2", "x.y/a==b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// To Kubernetes a NUL ends a word, or the selector. No argument has one.
		if !strings.Contains(text, "\x00") {
			agree(t, text)
		}
	})
}

// TestLabels holds what may be set against what Kubernetes lets be set.
func TestLabels(t *testing.T) {
	for _, a := range words {
		for _, b := range words {
			text := a + b
			if want, got := len(validation.IsQualifiedName(text)) == 0, selector.CheckKey(text) == nil; got != want {
				t.Errorf("key %q: Kubernetes says %v, we say %v", text, want, got)
			}
			if want, got := len(validation.IsValidLabelValue(text)) == 0, selector.CheckValue(text) == nil; got != want {
				t.Errorf("value %q: Kubernetes says %v, we say %v", text, want, got)
			}
		}
	}
}
