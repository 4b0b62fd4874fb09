package local

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// stat is what /proc tells of a process.
type stat struct {
	state      byte
	group      int
	foreground int // of its terminal; negative without one
}

func statOf(pid string) (stat, bool) {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return stat{}, false
	}
	// The name, in brackets, may hold anything.
	_, after, _ := bytes.Cut(data[bytes.LastIndexByte(data, ')')+1:], []byte(" "))
	field := bytes.Fields(after) // state parent group session terminal foreground
	if len(field) < 6 {
		return stat{}, false
	}
	group, _ := strconv.Atoi(string(field[2]))
	foreground, _ := strconv.Atoi(string(field[5]))
	return stat{state: field[0][0], group: group, foreground: foreground}, true
}

// foreground returns the process group that the keyboard of a process's
// terminal belongs to, or 0 where there is none.
func foreground(pid int) int {
	s, ok := statOf(strconv.Itoa(pid))
	if !ok {
		return 0
	}
	return max(s.foreground, 0)
}

// groupLives reports whether a process of the group lives. One that has ended
// and that nobody has waited for does not: where process 1 never does, as in
// many containers, it would count for ever.
func groupLives(group int) bool {
	if unix.Kill(-group, 0) == unix.ESRCH {
		return false
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return true
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if s, ok := statOf(name); ok && s.group == group && s.state != 'Z' && s.state != 'X' {
			return true
		}
	}
	return false
}
