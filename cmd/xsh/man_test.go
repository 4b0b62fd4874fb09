package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManPages: each command has a page, whose requests are ours: no line of help
// is taken for one. mandoc has nothing to say of them where it is installed.
func TestManPages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1764000000")
	dir := t.TempDir()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: func(string) string { return "" }}
	root := newRootCommand(a, nil)
	if err := writeManPages(root, dir); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(dir + "/*.1")
	if err != nil || len(pages) <= len(root.Commands())/2 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			request, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch request {
			case ".TH", ".SH", ".B", ".BR", ".I", ".TP", ".nf", ".fi", ".sp", ".br":
			default:
				if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
					t.Errorf("%s: %q is a request", filepath.Base(page), line)
				}
			}
		}
	}
	if _, err := osexec.LookPath("mandoc"); err != nil {
		t.Log("mandoc is not installed: the pages were not held against it")
		return
	}
	if out, err := osexec.Command("mandoc", append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		".nf":        `\&.nf`,
		"'quoted'":   `\&'quoted'`,
		`Ctrl-\ a-b`: `Ctrl\-\e a\-b`,
		"a. b":       "a. b",
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
