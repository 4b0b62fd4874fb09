package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// checkProcesses fails the test if a process is left whose environment names
// dir, and kills it: the server, a client, or a session's program. Where there
// is no /proc it knows of none.
func checkProcesses(t testing.TB, dir string) {
	deadline := time.Now().Add(patience)
	left := processesOf(dir)
	for len(left) > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // a process's end is no event for strangers
		left = processesOf(dir)
	}
	for pid, command := range left {
		t.Errorf("process %d is left: %q", pid, command)
		unix.Kill(pid, unix.SIGKILL)
	}
}

func processesOf(dir string) map[int]string {
	found := make(map[int]string)
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		env, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(env, []byte("="+dir+"/")) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		found[pid] = string(bytes.ReplaceAll(command, []byte{0}, []byte{' '}))
	}
	return found
}
