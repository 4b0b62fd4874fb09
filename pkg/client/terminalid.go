package client

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/rawtty"
)

// TerminalID is a text that stands for the terminal which a file is, as long as
// somebody sits at it: the computer since it was started, the device, its size,
// and the process that leads its session. It is empty where that cannot be told,
// and where this process is that leader: the terminal ends with it then.
func TerminalID(tty *os.File) string {
	var st unix.Stat_t
	if err := unix.Fstat(int(tty.Fd()), &st); err != nil {
		return ""
	}
	leader, err := unix.Getsid(0)
	if err != nil || leader == os.Getpid() {
		return ""
	}
	boot, began := bootID(), startOf(leader)
	size, err := rawtty.SizeOf(tty)
	if err != nil || boot == "" || began == "" {
		return ""
	}
	return fmt.Sprintf("%s %x %dx%d %d %s", boot, uint64(st.Rdev), size.Rows, size.Cols, leader, began)
}
