package client

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/exec"
)

// TerminalID is a text that stands for the terminal that a file is, as long as
// the same person sits at it: the device, its size, and the process that leads
// its session. It is empty where that cannot be told, and where this process is
// that leader: the terminal ends with it then.
func TerminalID(tty *os.File) string {
	leader, err := unix.Getsid(0)
	if err != nil || leader == os.Getpid() {
		return ""
	}
	device, err := exec.TerminalID(tty)
	if err != nil {
		return ""
	}
	size, err := rawtty.SizeOf(tty)
	began := startOf(leader)
	if err != nil || began == "" {
		return ""
	}
	return fmt.Sprintf("%s %dx%d %d %s", device, size.Rows, size.Cols, leader, began)
}
