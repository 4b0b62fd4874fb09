package tmuxwords

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

// processOf looks for a session's terminal, the process that leads it, and the command
// that its keyboard belongs to. What is not found is empty.
func processOf(s *exec.Session) process {
	p := process{session: s.ID}
	device := uint64(0)
	terminals, _ := filepath.Glob("/dev/pts/[0-9]*")
	for _, path := range terminals {
		var st unix.Stat_t
		if s.TTY == "" || unix.Stat(path, &st) != nil {
			continue
		}
		// Not opened: to open a terminal may change what hangs on it.
		f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOCTTY|unix.O_PATH, 0)
		if err != nil {
			continue
		}
		id, err := exec.TerminalID(f)
		f.Close()
		if err == nil && id == s.TTY {
			p.tty, device = path, st.Rdev
			break
		}
	}
	if p.tty == "" {
		return p
	}
	all, _ := os.ReadDir("/proc")
	for _, entry := range all {
		data, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if err != nil || entry.Name()[0] > '9' {
			continue
		}
		field := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:]) // state parent group session terminal foreground
		if len(field) < 6 || string(field[3]) != entry.Name() {
			continue
		}
		if n, err := strconv.ParseUint(string(field[4]), 10, 32); err == nil && n == device {
			p.pid = entry.Name()
			name, _ := os.ReadFile(filepath.Join("/proc", string(field[5]), "comm"))
			p.command = string(bytes.TrimSpace(name))
			break
		}
	}
	return p
}
