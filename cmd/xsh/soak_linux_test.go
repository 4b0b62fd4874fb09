package main

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSoakThousandAdopted: a server that is killed with a thousand sessions is
// followed by one that has them all.
func TestSoakThousandAdopted(t *testing.T) {
	if !soaking() {
		t.Skip("a thousand sessions take long: make soak")
	}
	const sessions = 1000
	p := newPlace(t)
	for i := range sessions {
		p.run("xsh", "new", "-d", fmt.Sprint("s", i), "--", "sh", "-c", fmt.Sprintf("echo here %d; exec cat", i))
	}
	p.run("xsh", "wait", "s999", "--for", "text=here 999")
	p.kill("server.pid", unix.SIGKILL, 0)
	if n := strings.Count(p.run("xsh", "ls", "-q"), "\n"); n != sessions {
		t.Errorf("%d sessions after the kill", n)
	}
	for _, i := range []int{0, 1, 499, 998, 999} {
		name := fmt.Sprint("s", i)
		if got := p.run("xsh", "capture", name); !strings.HasPrefix(got, fmt.Sprintf("here %d\n", i)) {
			t.Errorf("%s shows %q", name, got)
		}
		p.run("xsh", "send", name, "--enter", "typed")
		p.run("xsh", "wait", name, "--for", "text=typed")
	}
	if status := p.run("xsh", "server", "status"); strings.Contains(status, "set aside") || !strings.Contains(status, "1000 active") {
		t.Errorf("the next server says\n%s", status)
	}
	p.run("xsh", "kill", "-a")
}

// TestSoakUpgradeFromTheCommitBefore: the server of the commit before hands over to
// this one, with its sessions and with a client that stays what it was.
func TestSoakUpgradeFromTheCommitBefore(t *testing.T) {
	if !soaking() {
		t.Skip("another version is built for it: make soak")
	}
	tree := filepath.Join(t.TempDir(), "tree")
	git := func(args ...string) error {
		out, err := osexec.Command("git", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("git %q: %w\n%s", args, err, out)
		}
		return nil
	}
	if err := git("worktree", "add", "--detach", tree, "HEAD~1"); err != nil {
		t.Skip(err) // a copy of one commit alone
	}
	t.Cleanup(func() {
		if err := git("worktree", "remove", "--force", tree); err != nil {
			t.Error(err)
		}
	})
	before := filepath.Join(t.TempDir(), "xsh")
	build := osexec.Command("go", "build", "-o", before, "./cmd/xsh")
	build.Dir, build.Env = tree, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the commit before: %v\n%s", err, out)
	}

	p := newPlace(t)
	p.run(before, "new", "-d", "one", "--", "sh", "-c", `seq 1 500; printf "\033[1mready"; exec cat`)
	p.run(before, "new", "-d", "two", "-l", "a=b", "--", "sh", "-c", "read x; exit 7")
	attached, err := startTerm(p.dir, p.env, 24, 80, false, false, []string{before, "attach", "one"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(attached.close)
	p.expect(attached, "ready")
	was := p.run(before, "capture", "one", "-e", "--history", "all")
	p.run("xsh", "server", "upgrade")
	if now := p.run("xsh", "capture", "one", "-e", "--history", "all"); now != was {
		t.Errorf("the screen and its history were\n%s\nand are\n%s", was, now)
	}
	attached.write("typed\r")
	p.expect(attached, `typed\r\n.*typed`)
	if got := p.run("xsh", "ls", "-q", "-l", "a=b"); got != "two\n" {
		t.Errorf("labelled are %q", got)
	}
	p.run("xsh", "send", "two", "--enter", "x")
	p.try("xsh", "wait", "two")
	if codes := p.exits(); codes["two"] != 7 {
		t.Errorf("it ended with %v", codes)
	}
	p.run("xsh", "kill", "one")
	p.exit(attached, 129)
}
