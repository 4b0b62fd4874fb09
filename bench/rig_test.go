package main

import "testing"

// TestNothingStays closes a rig in which a program and its child do not want to
// end.
func TestNothingStays(t *testing.T) {
	if !haveProc() {
		t.Skip("what stays is found in /proc")
	}
	r := &rig{dir: t.TempDir(), ctx: t.Context()}
	p := &peer{name: rawName, env: environment(r.dir), ctx: t.Context()}
	term, err := p.show("sh", "-c", "trap '' TERM HUP; sleep 1000 & echo READY; wait")
	if err != nil {
		t.Fatal(err)
	}
	defer term.close()
	if err := term.until("READY"); err != nil {
		t.Fatal(err)
	}
	inDir := func(pid int) bool { return startedIn(pid, r.dir) }
	if len(processes(inDir)) < 2 {
		t.Error("the shell and its child are not found")
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	if left := processes(inDir); len(left) > 0 {
		t.Errorf("processes %v stay", left)
	}
}
