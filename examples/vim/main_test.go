package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	if _, err := osexec.LookPath("vim"); err != nil {
		t.Skip("there is no vim")
	}
	t.Setenv("TERM", "xterm-256color")
	file := filepath.Join(t.TempDir(), "text")
	if err := write(t.Context(), file, "hello from a program"); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "hello from a program\n" {
		t.Errorf("the file has %q: %v", data, err)
	}
}
