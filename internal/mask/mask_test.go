package mask

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func newMask(t *testing.T, patterns ...string) *Mask {
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

const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nBG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----\n"

func TestPrivateKey(t *testing.T) {
	m := newMask(t, "zzz")
	var out bytes.Buffer
	w := m.Writer(&out)
	fmt.Fprint(w, "before\n"+privateKey+"behind\n")
	want := "before\n-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat("*", 24) + "\n" + strings.Repeat("*", 20) + "\n-----END OPENSSH PRIVATE KEY-----\nbehind\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
	lines := m.Lines()
	lines.Hide("-----BEGIN RSA PRIVATE KEY-----")
	for range maxKeyLines {
		lines.Hide("x")
	}
	if got := lines.Hide("far behind"); got != "far behind" {
		t.Errorf("a line that only looks like a key's first hides all: %q", got)
	}
}

// TestWriter: however the text is cut, what is written is the same.
func TestWriter(t *testing.T) {
	m := newMask(t, `s+ecret`, `key=(\S+)`)
	text := "a secret\r\n" + privateKey + "key=ä\n" + strings.Repeat("ö ", maxLine/3) +
		strings.Repeat("s", 900) + "ecret" + strings.Repeat(" ü", maxLine/2) + "\nno end key=1"
	var want bytes.Buffer
	lines := m.Lines()
	all := strings.Split(text, "\n")
	for i, line := range all {
		line, cr := strings.CutSuffix(line, "\r")
		want.WriteString(lines.Hide(line))
		if cr {
			want.WriteString("\r")
		}
		if i < len(all)-1 {
			want.WriteString("\n")
		}
	}
	for _, size := range []int{1, 2, 3, 7, 1000, 4096, len(text)} {
		var out bytes.Buffer
		w := m.Writer(&out)
		for piece := range slices.Chunk([]byte(text), size) {
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want.String() {
			t.Errorf("in pieces of %d something else is written", size)
		}
	}
}

// TestSecretAcrossPieces: a long line is hidden in pieces, and what lies across
// their border is hidden as a whole.
func TestSecretAcrossPieces(t *testing.T) {
	m := newMask(t, `secret-\w+`)
	for at := maxLine - overlap - 40; at < maxLine+40; at += 3 {
		text := strings.Repeat(".", at) + "secret-abcdefghijkl" + strings.Repeat(".", 100)
		var out bytes.Buffer
		w := m.Writer(&out)
		fmt.Fprint(w, text)
		w.Close()
		if out.Len() != len(text) || strings.ContainsAny(out.String(), "secrtabdfghijkl") {
			t.Fatalf("at %d something of the secret is left", at)
		}
	}
}

// TestWriterIsBounded: a line without an end is not held for ever.
func TestWriterIsBounded(t *testing.T) {
	var out bytes.Buffer
	w := newMask(t, "zzz").Writer(&out).(*writer)
	for range 100 {
		w.Write(bytes.Repeat([]byte("x"), 10_000))
		if len(w.held) > maxLine {
			t.Fatalf("%d bytes are held", len(w.held))
		}
	}
	if w.Close(); out.Len() != 1_000_000 {
		t.Errorf("%d bytes are written", out.Len())
	}
}
