package child

import (
	"bytes"
	"os"
	"strconv"
)

// StandsStill reports whether a signal has stopped a process, which need not be a
// child of this one (proc_pid_stat(5), field 3).
func StandsStill(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// Field 2 is the program's name, in parentheses, and may be anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 0 && string(fields[0]) == "T"
}
