// Package leaktest checks at the end of a test that it left nothing behind:
// no goroutine, no open file and no child process. Only tests import it.
package leaktest

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long what is ending may take to end.
const patience = 15 * time.Second

// Check remembers what there is now and fails the test if there is more once
// the test and the cleanups registered after this call are done. It must be
// called before the test starts anything, and not by tests that run in
// parallel.
func Check(tb testing.TB) {
	tb.Helper()
	// The poller's own descriptors come with its first use.
	if r, w, err := os.Pipe(); err == nil {
		r.SetReadDeadline(time.Time{})
		r.Close()
		w.Close()
	}
	running, files, children := goroutines(), openFiles(), childProcesses()
	tb.Cleanup(func() {
		if tb.Failed() {
			return // a test that gave up has not tidied up either
		}
		wait(tb, "goroutines", running, goroutines)
		wait(tb, "open files", files, openFiles)
		wait(tb, "child processes", children, childProcesses)
	})
}

// wait polls: nothing tells when a goroutine, file or process is gone.
func wait(tb testing.TB, what string, before map[string]string, now func() map[string]string) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		var left []string
		for id, description := range now() {
			if _, known := before[id]; !known {
				left = append(left, description)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			slices.Sort(left)
			tb.Errorf("%d %s were left behind:\n%s", len(left), what, strings.Join(left[:min(len(left), 5)], "\n\n"))
			return
		}
		time.Sleep(pause)
	}
}

// goroutines returns the stack of each goroutine but this one, by number.
func goroutines() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := map[string]string{}
	for i, stack := range strings.Split(string(buf), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		if i > 0 && !background(stack) {
			all[id] = stack
		}
	}
	return all
}

// background reports whether a goroutine belongs to the runtime or the testing
// package, or serves the process for as long as it lives.
func background(stack string) bool {
	for _, of := range []string{
		"testing.(*T).Run", "testing.tRunner.func", "testing.(*M).", "testing.runFuzzing", "testing.(*F)",
		"os/signal.signal_recv", "runtime.ensureSigM", "runtime.ReadTrace", "runtime/pprof.",
		"created by testing.(*T).Run", "internal/leaktest.Check",
	} {
		if strings.Contains(stack, of) {
			return true
		}
	}
	return false
}

// openFiles returns each file descriptor with what it refers to.
func openFiles() map[string]string {
	all := map[string]string{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return all // not a system that tells
	}
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "/proc/") && !strings.HasPrefix(to, "anon_inode:[event") {
			what := fmt.Sprintf("fd %s: %s", e.Name(), to)
			all[what] = what
		}
	}
	return all
}

// childProcesses returns our children's command lines.
func childProcesses() map[string]string {
	all := map[string]string{}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return all
	}
	for _, task := range tasks {
		pids, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		if err != nil {
			continue
		}
		for _, pid := range strings.Fields(string(pids)) {
			command, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			all[pid] = fmt.Sprintf("process %s: %s", pid, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return all
}
