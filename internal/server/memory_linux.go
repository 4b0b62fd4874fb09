package server

import (
	"bytes"
	"os"
	"strconv"
)

// residentMemory returns the process's resident bytes, or 0 if the system does
// not tell.
func residentMemory() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	field := bytes.Fields(data)
	if len(field) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(field[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
