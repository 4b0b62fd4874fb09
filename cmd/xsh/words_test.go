package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// TestVersionNotice: a server of another version is told of once a day, and
// again when the versions change.
func TestVersionNotice(t *testing.T) {
	dir := t.TempDir()
	var said bytes.Buffer
	a := &app{err: &said, getenv: func(name string) string {
		return map[string]string{"XSH_DIR": filepath.Join(dir, "run"), "XDG_STATE_HOME": dir, "HOME": dir}[name]
	}}
	p, err := paths.Find(a.getenv)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(p.Log), 0o700); err != nil {
		t.Fatal(err)
	}
	notices := func(server string) int {
		said.Reset()
		a.noticeVersion(server)
		return strings.Count(said.String(), "xsh: the server is version "+server+", this is version ")
	}
	for i, step := range []struct {
		server string
		want   int
	}{{version(), 0}, {"v9", 1}, {"v9", 0}, {"v10", 1}, {"v10", 0}, {"v9", 1}} {
		if got := notices(step.server); got != step.want {
			t.Errorf("step %d: %d notices of %s, want %d", i, got, step.server, step.want)
		}
	}
	file := filepath.Join(filepath.Dir(p.Log), "version-notice")
	for _, ago := range []time.Duration{versionNoticeEvery + time.Minute, -time.Hour} {
		at := time.Now().Add(-ago)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
		if notices("v9") != 1 {
			t.Errorf("no notice though the last was %v ago", ago)
		}
	}
	// Where nothing can be remembered the notice comes each time.
	os.Remove(file)
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), file); err != nil {
		t.Fatal(err)
	}
	if notices("v9")+notices("v9") != 2 {
		t.Error("no notice where the file is a symbolic link")
	}
	if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); err == nil {
		t.Error("the symbolic link was followed")
	}
}

// wantError fails unless err begins as wanted, or is nil where that is empty.
func wantError(t *testing.T, input string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
		t.Errorf("%q: %v, want %s", input, err, want)
	}
}

// TestLabelPairs: what no selector can name cannot be set.
func TestLabelPairs(t *testing.T) {
	for list, want := range map[string]string{
		"a=b":          "",
		"a=":           "",
		"x.y/a=b":      "",
		"a":            `bad label "a": want KEY=VALUE`,
		"=b":           `bad label key "": it is empty`,
		"a b=c":        `bad label key "a b": use 1-63 of `,
		"a=b,c":        `bad label value "b,c": use at most 63 of `,
		"a=b=c":        `bad label value "b=c": `,
		"a=\x1b[31m":   `bad label value "\x1b[31m": `,
		"ok=1\x00a!=b": `bad label key "a!": `,
	} {
		_, err := labelPairs(strings.Split(list, "\x00"))
		wantError(t, list, err, want)
		if err != nil && report(io.Discard, err) != codeUsage {
			t.Errorf("%q: exit code %d", list, report(io.Discard, err))
		}
	}
}

func TestCheckVariable(t *testing.T) {
	for pair, want := range map[string]string{
		"A=b":     "",
		"_a1=":    "",
		"A=b=c d": "",
		"A":       `bad variable "A": want NAME=VALUE`,
		"=b":      `bad variable "=b": it has no name`,
		"A B=c":   `bad variable "A B": use letters, digits and '_' for its name, no digit first`,
		"1A=c":    `bad variable "1A": use letters`,
		"A-B=c":   `bad variable "A-B": use letters`,
	} {
		wantError(t, pair, checkVariable(pair), want)
	}
}

// TestNoAttachCode: what keeps a command from attaching is 255, so that a script
// can tell it from the program's own exit codes; a wrong call stays 2.
func TestNoAttachCode(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{errors.New("a bad setting"), codeNoAttach},
		{withHint(errors.New("no such command"), "x"), codeNoAttach},
		{usagef("bad flag"), codeUsage},
		{&codedError{code: 7}, 7},
		{&codedError{codeLost, errors.New("lost")}, codeLost},
	} {
		if got := report(io.Discard, noAttachCode(tc.err)); got != tc.want {
			t.Errorf("%v: exit code %d, want %d", tc.err, got, tc.want)
		}
	}
}

// TestJSONIsHarmless: nothing in it acts on a terminal, and it stays the same
// text for who reads it as JSON.
func TestJSONIsHarmless(t *testing.T) {
	var b bytes.Buffer
	if err := printJSON(&b, []string{"\u009b31m", "\x7f", "a\u202eb\u2066c", "\u200b", "\U000e0001", "é日本<&>", "\xff"}); err != nil {
		t.Fatal(err)
	}
	want := `[
  "\u009b31m",
  "\u007f",
  "a\u202eb\u2066c",
  "\u200b",
  "\udb40\udc01",
  "é日本<&>",
  "\ufffd"
]
`
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

// TestStartError: what is wrong in the settings reaches who has a server started
// with its hint, though a server can only say one line.
func TestStartError(t *testing.T) {
	dir := t.TempDir()
	a := &app{getenv: func(name string) string {
		return map[string]string{"XSH_DIR": dir, "HOME": dir, "XSH_IDLE": os.Getenv("TEST_IDLE")}[name]
	}}
	var said bytes.Buffer
	report(&said, a.startError(errors.New("as the server says it")))
	t.Setenv("TEST_IDLE", "15")
	report(&said, a.startError(errors.New("as the server says it")))
	want := `xsh: cannot start the server: as the server says it
xsh: cannot start the server: bad setting XSH_IDLE=15: want a time such as "30s", "15m" or "1h", or "0" for never
xsh: hint: did you mean "15m"?
`
	if said.String() != want {
		t.Errorf("got %s", said.String())
	}
}

// TestFirstAttach: a user is told once how to leave.
func TestFirstAttach(t *testing.T) {
	for setKey, want := range map[string]string{
		client.DefaultDetachKey: `Ctrl-\ twice leaves; xsh attach web comes back`,
		"ctrl-a d":              "ctrl-a d leaves; xsh attach web comes back",
		"none":                  "xsh detach leaves; xsh attach web comes back",
	} {
		dir := t.TempDir()
		a := &app{getenv: func(name string) string {
			return map[string]string{"XSH_DIR": filepath.Join(dir, "run"), "HOME": dir, "XDG_STATE_HOME": dir}[name]
		}}
		key, err := client.ParseDetachKey(setKey)
		if err != nil {
			t.Fatal(err)
		}
		if line := a.firstAttach(config{Hints: true}, key, "web"); line != "" {
			t.Errorf("told though it cannot be remembered: %s", line)
		}
		if err := os.Mkdir(filepath.Join(dir, "xsh"), 0o700); err != nil {
			t.Fatal(err)
		}
		if line := a.firstAttach(config{}, key, "web"); line != "" {
			t.Errorf("told though it is turned off: %s", line)
		}
		for _, want := range []string{want, "", ""} {
			if line := a.firstAttach(config{Hints: true}, key, "web"); line != want {
				t.Errorf("told %q, want %q", line, want)
			}
		}
	}
}

// TestShellHint: a command that only a shell could understand.
func TestShellHint(t *testing.T) {
	for command, want := range map[string]string{
		"a; b":    "xsh: no such command\nxsh: hint: a shell reads such a line: xsh new n -- sh -c 'a; b'\n",
		"it's it": "xsh: no such command\nxsh: hint: a shell reads such a line: xsh new n -- sh -c 'it'\\''s it'\n",
		"nosuch":  "xsh: no such command\n",
	} {
		var said bytes.Buffer
		err := exec.NewTerminalError("id", errors.New("no such command"))
		report(&said, withShellHint(err, "n", []string{command}))
		if said.String() != want {
			t.Errorf("%q: %s", command, said.String())
		}
	}
}

// TestBadKey: a wrong --detach-key is a wrong call, and told with what is near.
func TestBadKey(t *testing.T) {
	for keys, want := range map[string]string{
		"ctl-a":        `did you mean "ctrl-a"?`,
		"Strg-A d":     `did you mean "ctrl-a d"?`,
		"ctrl+b":       "",
		"xyz":          `keys are such as "ctrl-a d", or "none"`,
		"ctrl-a b c d": `keys are such as "ctrl-a d", or "none"`,
	} {
		_, err := client.ParseDetachKey(keys)
		if (err == nil) != (want == "") {
			t.Fatalf("%q: %v", keys, err)
		}
		if err == nil {
			continue
		}
		var said bytes.Buffer
		if code := report(&said, badKey(keys, err)); code != codeUsage || !strings.HasSuffix(said.String(), "\nxsh: hint: "+want+"\n") {
			t.Errorf("%q: exit code %d, %s", keys, code, said.String())
		}
	}
}
