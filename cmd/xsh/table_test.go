package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

var update = flag.Bool("update", false, "write the golden tables anew")

var tableTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// tableSessions are what a busy user has.
func tableSessions() []*exec.Session {
	ago := func(d time.Duration) time.Time { return tableTime.Add(-d) }
	size := exec.Size{Rows: 24, Cols: 80}
	return []*exec.Session{
		{ID: "0123456789ab", Name: "web", Clients: 1, Attached: true, CreatedAt: ago(3 * time.Hour), AttachedAt: ago(time.Minute), Size: size, Handler: "local/shell"},
		{ID: "1123456789ab", Name: "build", Command: []string{"make", "-j8", "all", "EXTRA_FLAGS=-O2 -g -fno-omit-frame-pointer"}, CreatedAt: ago(90 * time.Second), Size: size, Handler: "local/shell",
			Labels: map[string]string{"project": "web", "tier": "back", "example.com/owner": "somebody-with-a-long-name"}},
		{ID: "2123456789ab", Name: "a-name-of-sixty-four-characters-which-is-the-longest-there-can-be", Command: []string{"vim", "日本語のファイル名はとても長い名前になることがあります.txt"}, CreatedAt: ago(50 * time.Hour), AttachedAt: ago(49 * time.Hour), Size: exec.Size{Rows: 1000, Cols: 1000}, Handler: "local/shell"},
		{ID: "3123456789ab", Name: "evil", Command: []string{"sh", "-c", "\x1b[31mred\x1b[m\u202e\u009b"}, CreatedAt: ago(0), Clients: 12, Size: size, Handler: "local/shell"},
		{ID: "4123456789ab", Name: "gone", Command: []string{"sleep", "1000"}, CreatedAt: ago(time.Hour), AttachedAt: ago(30 * time.Minute), Exit: &exec.ExitStatus{Code: 129, Signal: "SIGHUP"}, Handler: "local/shell"},
		{ID: "5123456789ab", Name: "gone", Command: []string{"true"}, CreatedAt: ago(time.Minute), Exit: &exec.ExitStatus{}, Handler: "local/shell"},
		{ID: "6123456789ab", Name: "long", Command: []string{"echo", strings.Repeat("x", 1<<20)}, CreatedAt: ago(time.Hour), Size: size, Handler: "local/shell"},
	}
}

// TestTable holds tables against golden ones. No line is wider than the
// terminal, and every session has one.
func TestTable(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	a := &app{in: null, out: null, getenv: func(name string) string {
		return map[string]string{"XSH_SESSION_ID": "1123456789ab"}[name]
	}}
	for _, wide := range []bool{false, true} {
		for _, width := range []int{20, 40, 80, 200, 0} {
			var b strings.Builder
			if err := a.sessionTable(tableSessions(), wide, tableTime).print(&b, width); err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("table_%d", width)
			if wide {
				name += "_wide"
			}
			golden(t, name, b.String())
			lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
			if len(lines) != 1+len(tableSessions()) {
				t.Errorf("%s: %d lines", name, len(lines))
			}
			for _, line := range lines {
				if most := max(width, 600*(1-min(width, 1))); columns(line) > most {
					t.Errorf("%s: a line takes %d columns: %s", name, columns(line), line)
				}
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s: got\n%swant\n%s", name, got, want)
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		text  string
		width int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab…ef"},
		{"abcdef", 4, "a…ef"},
		{"abcdef", 2, "…f"},
		{"abcdef", 1, "…"},
		{"日本語日本語", 12, "日本語日本語"},
		{"日本語日本語", 11, "日本…日本語"},
		{"日本語日本語", 10, "日本…本語"},
		{"日本語日本語", 4, "…語"},
		{"日本語日本語", 2, "…"},
		{"ae\u0301bcdf", 4, "a…df"},
		{"abcde\u0301", 4, "a…de\u0301"},
	} {
		got := cut(tc.text, tc.width)
		if got != tc.want || columns(got) > tc.width {
			t.Errorf("cut(%q, %d) = %q, want %q", tc.text, tc.width, got, tc.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"web", "web-2", "database", "api"}
	for typed, want := range map[string]string{
		"wbe": "web", "Web": "web", "WEB": "web", "we": "web", "webb": "web", "databse": "database", "dtabaes": "database",
		"web-3": "web-2", "ap": "api", "x": "", "": "", "zzz": "", "database-of-another": "",
	} {
		if got := nearest(typed, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}
