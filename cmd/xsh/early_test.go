package main

import (
	"os"
	osexec "os/exec"
	"strings"
	"testing"
)

// TestQuitIsTakenEarly: packages that take long to set up come after the one
// that keeps Go from dumping its goroutines at Ctrl-\.
func TestQuitIsTakenEarly(t *testing.T) {
	cmd := osexec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	order := map[string]int{}
	for i, line := range strings.Split(string(out), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "init" {
			order[f[1]] = i + 1
		}
	}
	const early, late = "github.com/xsh-project/xsh/internal/early", "google.golang.org/grpc"
	if order[early] == 0 || order[late] == 0 || order[early] > order[late] || order[early] > 60 {
		t.Errorf("%s is set up as number %d, %s as %d", early, order[early], late, order[late])
	}
}
