package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestKilledWhileFlooded: of what a program prints as fast as it can no byte is lost, and
// none is there twice, though the server is killed in the midst of it again and again.
func TestKilledWhileFlooded(t *testing.T) {
	lines, kills := 3_000_000, 2 // of 11 bytes
	if soaking() {
		lines, kills = 95_000_000, 10 // 1 GB
	}
	p := newPlace(t)
	const first = 1_000_000_001
	last := first + lines - 1
	p.run("xsh", "new", "-d", "flood", "--", "sh", "-c", fmt.Sprintf("stty raw; seq %d %d; printf END; exec sleep 1000", first, last))
	pid := 0
	for range kills {
		time.Sleep(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))) // any moment is one
		pid = p.kill("server.pid", unix.SIGKILL, pid)
		p.run("xsh", "server", "status")
	}
	p.run("xsh", "wait", "flood", "--for", "text=END", "--timeout", "5m")
	var shown struct{ Offset int64 }
	if err := json.Unmarshal([]byte(p.run("xsh", "capture", "flood", "-o", "json")), &shown); err != nil {
		t.Fatal(err)
	}
	if want := int64(11*lines + len("END")); shown.Offset != want {
		t.Errorf("%d bytes are known of %d", shown.Offset, want)
	}
	held := strings.Split(p.run("xsh", "logs", "flood", "--raw"), "\n")
	if n := len(held); n < 10_000 || held[n-1] != "END" {
		t.Fatalf("%d lines are held, the last one %q", n, held[n-1])
	}
	for i, line := range held[1 : len(held)-1] { // the first may be the end of one
		if want := fmt.Sprint(last - (len(held) - 3 - i)); line != want {
			t.Fatalf("line %q is where %q should be", line, want)
		}
	}
}
