package mask

import (
	"slices"
	"strings"
	"testing"
)

func newMask(t testing.TB, patterns ...string) *Mask {
	t.Helper()
	m, err := New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHide(t *testing.T) {
	m := newMask(t, `s\w+t`, `key=(\S+)`, `c.et`, `x*`)
	for _, c := range [][2]string{
		{"", ""},
		{"nothing here", "nothing here"},
		{"a secret, a salt", "a ******, a ****"},
		{"key=abc key=", "key=*** key="},
		{"sécret", "sé****"},
		{"Ünï key=äöü!", "Ünï key=****"},
		{"secreto", "******o"}, // two patterns of which one lies in the other
		{"xxx", "***"},
		{"\xffkey=\xff\xfe", "\xffkey=**"},
	} {
		if got := m.Hide(c[0]); got != c[1] {
			t.Errorf("%q is hidden as %q, want %q", c[0], got, c[1])
		}
	}
	var none *Mask
	if got := none.Hide("secret"); got != "secret" {
		t.Errorf("no mask hides: %q", got)
	}
}

func TestHideParts(t *testing.T) {
	m := newMask(t, `sec+ret`)
	got := m.HideParts([]string{"ä a sec", "", "cccre", "t b"})
	if want := []string{"ä a ***", "", "*****", "* b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	same := []string{"a", "b"}
	if got := m.HideParts(same); !slices.Equal(got, same) {
		t.Errorf("got %q", got)
	}
}

func TestBadPatterns(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		want     string
	}{
		{[]string{"ok", "("}, `bad pattern "("`},
		{[]string{strings.Repeat("a", maxPattern+1)}, "at most 2000"},
		{make([]string, maxPatterns+1), "201 patterns, at most 200"},
	} {
		if _, err := New(c.patterns); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
	if m, err := New(nil); m != nil || err != nil {
		t.Errorf("of no patterns: %v, %v", m, err)
	}
}

// TestDefault has a made-up secret for each shape: hidden, but for what stands in
// front of it and behind.
func TestDefault(t *testing.T) {
	m := newMask(t, Default...)
	long := strings.Repeat("aB3dE6gH", 10)
	hex := strings.Repeat("0123abcd", 8)
	found := map[int]bool{}
	for _, c := range []struct{ before, secret, behind string }{
		{"id ", "AKIA" + "ABCDEFGH12345678", " end"},
		{"", "ghp_" + long[:36], " end"},
		{"", "github_pat_" + long[:40], ""},
		{"", "glpat-" + long[:20], "."},
		{"", "xoxb-" + "1234567890-abc", " "},
		{"", "xapp-" + "1-A0123456789-abc", " "},
		{"https://hooks.slack.com/services/", "T000/B000/XXXX", " "},
		{"", "sk-" + "ant-api03-" + long[:30], ","},
		{"", "sk_" + "live_" + long[:24], ""},
		{"", "AIza" + long[:35], " "},
		{"", "ya29." + long[:30], " "},
		{"//registry.npmjs.org/:_authToken=", "npm_" + long[:36], ""},
		{"password = ", "pypi-" + long[:60], ""},
		{"", "hf_" + long[:34], ""},
		{"", "dop_v1_" + hex, ""},
		{"", "SG." + long[:22] + "." + long[:43], ""},
		{"", "AGE-SECRET-KEY-1" + strings.ToUpper(long[:58]), ""},
		{"", "eyJ" + long[:20] + ".eyJ" + long[:20] + "." + long[:20], " "},
		{"Authorization: Bearer ", long[:12], ""},
		{"postgres://user:", "hunter2", "@db/x"},
		{"export DB_PASSWORD='", "hunter22", "'"},
		{"aws_secret_access_key = ", long[:40], ""},
	} {
		text := c.before + c.secret + c.behind
		want := c.before + strings.Repeat("*", len(c.secret)) + c.behind
		if got := m.Hide(text); got != want {
			t.Errorf("%q is hidden as %q", text, got)
		}
		for i, re := range m.patterns {
			found[i] = found[i] || re.MatchString(text)
		}
	}
	for i, p := range Default {
		if !found[i] {
			t.Errorf("no secret here has the shape %s", p)
		}
	}
	for _, plain := range []string{
		"commit 181d577a04207d7bd0ab4c1122334455667788990", "token := next()", "sk-learn is a library",
		"see https://example.com:8080/a@b and git@github.com:x/y", "MAX_TOKENS=12", "risk-based-approach-to-everything-here",
	} {
		if got := m.Hide(plain); got != plain {
			t.Errorf("%q is hidden as %q", plain, got)
		}
	}
}

const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nBG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----"

func TestPrivateKey(t *testing.T) {
	lines := newMask(t, "zzz").Lines()
	var out []string
	for line := range strings.SplitSeq("before\n"+privateKey+"\nbehind", "\n") {
		out = append(out, lines.Hide(line))
	}
	want := "before\n-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat("*", 24) + "\n" + strings.Repeat("*", 20) + "\n-----END OPENSSH PRIVATE KEY-----\nbehind"
	if got := strings.Join(out, "\n"); got != want {
		t.Errorf("got %q", got)
	}
	lines.Hide("-----BEGIN RSA PRIVATE KEY-----")
	for range maxKeyLines {
		lines.Hide("x")
	}
	if got := lines.Hide("far behind"); got != "far behind" {
		t.Errorf("a line that only looks like a key's first hides all: %q", got)
	}
}
