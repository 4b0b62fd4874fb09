package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// haveProc reports whether the system tells about processes as Linux does.
func haveProc() bool {
	_, err := os.Stat("/proc/self/environ")
	return err == nil
}

var errNoProc = errors.New("needs /proc")

// readProc reads a file about a process, empty for one that is gone or not ours.
func readProc(pid int, name string) []byte {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	return data
}

// processes returns those that one wants.
func processes(want func(pid int) bool) []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var pids []int
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && pid != os.Getpid() && want(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// startedIn reports whether a process was started with dir in its environment.
func startedIn(pid int, dir string) bool {
	return bytes.Contains(readProc(pid, "environ"), []byte(dir))
}

// owns reports whether a process is the peer's server or a client of it, not a
// program that runs in a session. A server may have dropped the environment of
// its first client; its arguments tell then.
func (p *peer) owns(pid int) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && exe == p.exe &&
		(startedIn(pid, p.dir) || bytes.Contains(readProc(pid, "cmdline"), []byte(p.dir)))
}

// endAll ends the peers' processes and what was started with dir in its
// environment.
func endAll(dir string, peers ...*peer) error {
	return endProcesses(func(pid int) bool {
		return startedIn(pid, dir) || slices.ContainsFunc(peers, func(p *peer) bool { return p.owns(pid) })
	})
}

// endProcesses tells processes to end, kills those that do not, and returns
// when they are gone.
func endProcesses(which func(pid int) bool) error {
	start := time.Now()
	for sig := syscall.SIGTERM; ; time.Sleep(2 * time.Millisecond) {
		pids := processes(which)
		if len(pids) == 0 {
			return nil
		}
		took := time.Since(start)
		if took > 10*time.Second {
			return fmt.Errorf("processes %v do not end", pids)
		}
		if took > time.Second {
			sig = syscall.SIGKILL
		}
		for _, pid := range pids {
			syscall.Kill(pid, sig)
		}
	}
}

// weight is what the processes of a peer take.
type weight struct {
	pss     int64 // bytes of memory, what is shared divided among those who share it
	threads int
	cpu     time.Duration
}

// weigh adds up the peer's processes. The time of the processor is the
// scheduler's own account of each thread, in nanoseconds: /proc/PID/stat counts
// ticks of 10 ms, which is many keys.
func (p *peer) weigh() (weight, error) {
	if !haveProc() {
		return weight{}, errNoProc
	}
	var w weight
	for _, pid := range processes(p.owns) {
		threads, cpu := processorTime(pid)
		w.threads += threads
		w.cpu += cpu
	}
	if w.cpu == 0 {
		return w, errors.New("no processes, or a kernel without schedstat")
	}
	return w, nil
}

// processorTime is what a process has of threads, and they have taken of processors.
func processorTime(pid int) (threads int, cpu time.Duration) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, task := range tasks {
		var nanos int64
		data, _ := os.ReadFile(task)
		if _, err := fmt.Sscan(string(data), &nanos); err != nil {
			continue // the thread is gone
		}
		cpu += time.Duration(nanos)
	}
	return len(tasks), cpu
}

// weighMemory is weigh with the memory, which takes the kernel longer to tell.
func (p *peer) weighMemory() (weight, error) {
	w, err := p.weigh()
	if err != nil {
		return w, err
	}
	for _, pid := range processes(p.owns) {
		var kib int64
		_, rest, _ := bytes.Cut(readProc(pid, "smaps_rollup"), []byte("\nPss:"))
		if _, err := fmt.Sscan(string(rest), &kib); err != nil {
			return w, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		w.pss += kib << 10
	}
	return w, nil
}
