package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	osexec "os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// memory is the most that a process has had in memory, in bytes.
func memory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return kb << 10
}

// TestToolsOfAFlood: however much a program prints while an agent follows it, reads it
// and looks for text in it, neither the server's memory grows with it nor that of xsh mcp.
func TestToolsOfAFlood(t *testing.T) {
	t.Parallel()
	first := 16 << 20
	if soaking() {
		first = 171 << 20 // a gigabyte in all
	}
	p := newPlace(t)
	u := p.useTools("--as", "reader", "--no-mask")
	deadline := time.Now().Add(20 * patience)
	flood := func(bytes int) {
		sent := u.do("send", toolArgs{"session": "flood", "text": fmt.Sprint(bytes), "keys": []string{"Enter"}})
		in := toolArgs{
			"session": "flood", "for": "text", "pattern": fmt.Sprintf("^that was %d$", bytes),
			"since": sent.Offset, "offset": sent.Offset, "max_bytes": 256 << 10,
		}
		for done := false; !done; {
			got, err := u.call("wait", in)
			switch {
			case err == nil:
				done, in = got.Done, got.Next.Arguments
			case strings.Contains(err.Error(), "wait without since"): // it printed more between two calls than is kept
				delete(in, "since")
			default:
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d bytes are not printed yet", bytes)
			}
		}
		at := toolArgs{"session": "flood", "offset": 0, "max_bytes": 256 << 10}
		for n := range 10 {
			got := u.do("history", at)
			if at["offset"] = got.NextOffset; got.GoOn == "" {
				t.Errorf("page %d of %d bytes is the last one", n, bytes)
			}
		}
		u.do("grep", toolArgs{"pattern": "line"})
		u.do("screen", toolArgs{"session": "flood"})
	}
	u.do("new", toolArgs{"name": "flood", "command": []string{"sh", "-c",
		`stty -echo; while read n; do yes "a line of text, as programs print it" | head -c $n; echo; echo that was $n; done`}})
	server, err := strconv.Atoi(p.read("server.pid"))
	if err != nil {
		t.Fatal(err)
	}
	flood(first) // fills what is kept
	flood(first)
	tools, sessions := memory(t, u.server.Process.Pid), memory(t, server)
	flood(4 * first)
	for name, grown := range map[string]int{"xsh mcp": memory(t, u.server.Process.Pid) - tools, "the server": memory(t, server) - sessions} {
		t.Logf("%s: %d MB more", name, grown>>20)
		if grown > 3*first {
			t.Errorf("%d MB more of output took %d MB more of %s", 4*first>>20, grown>>20, name)
		}
	}
}

// TestToolsKilledInACall: an agent's xsh mcp that is killed in the middle of calls takes
// nothing with it, and the next one has the sessions.
func TestToolsKilledInACall(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	u := p.useTools("--as", "one")
	u.do("new", toolArgs{"name": "work", "command": []string{"cat"}})
	calls := u.waits(10)
	if err := u.server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range cap(calls) {
		if err := <-calls; err == nil {
			t.Error("a call is answered by nobody")
		}
	}
	next := p.useTools("--as", "one")
	next.do("send", toolArgs{"session": "work", "text": "still here", "keys": []string{"Enter"}})
	if got := next.do("wait", toolArgs{"session": "work", "for": "text", "pattern": "still here"}); !got.Done {
		t.Error("the program does not answer")
	}
}

// TestToolsKilledWithTTL: sessions that xsh mcp was to end are ended by the server where
// xsh mcp was killed.
func TestToolsKilledWithTTL(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	u := p.useTools("--as", "one", "--ttl", "2s")
	u.do("new", toolArgs{"name": "work", "command": []string{"cat"}})
	if err := u.server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if out, _ := p.try("xsh", "wait", "work.one", "--timeout", "50s"); !strings.Contains(out, "killed: nobody used it for 2s") {
		t.Errorf("it ended with %s", out)
	}
}

// TestAgentDiesInACall: when an agent is killed in the middle of a call its xsh mcp ends
// as well, at once, and the session stays.
func TestAgentDiesInACall(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cmd := osexec.Command("agent", "--as", "one")
	cmd.Env, cmd.Stderr = p.env, os.Stderr
	cmd.Stdin = strings.NewReader(`new {"name":"work","command":["cat"]}` + "\n" + `wait {"session":"work","timeout":600}` + "\n")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	started, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(started, `"name":"work"`) {
		t.Errorf("the agent says %q, %v", started, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	deadline := time.Now().Add(patience * 2 / 3) // the call would take longer
	for left := true; left; {
		left = slices.ContainsFunc(slices.Collect(maps.Values(processesOf(p.dir))), func(command string) bool {
			return strings.HasPrefix(command, "xsh mcp ")
		})
		if time.Now().After(deadline) {
			t.Fatal("its xsh mcp goes on")
		}
		time.Sleep(10 * time.Millisecond) // a process's end is no event for strangers
	}
	p.run("xsh", "capture", "work.one")
}

// waits makes calls that wait for long, and returns once xsh mcp has them.
func (u *toolUser) waits(n int) (ended chan error) {
	u.t.Helper()
	ended = make(chan error, n)
	for range n {
		go func() {
			_, err := u.call("wait", toolArgs{"session": "work", "timeout": 600})
			ended <- err
		}()
	}
	u.do("list", nil)
	return ended
}
