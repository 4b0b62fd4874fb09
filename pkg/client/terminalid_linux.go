package client

import (
	"bytes"
	"os"
	"strconv"
)

// startOf tells when a process began: proc_pid_stat(5), field 22.
func startOf(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// Field 2 is the program's name, in parentheses, and may be anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return ""
	}
	return string(fields[19])
}
