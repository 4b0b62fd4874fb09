package client

import (
	"os"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
)

// fenceWait bounds how long the answers are waited for. A terminal that is
// farther away is cut off: what it answers later is typed into the shell.
const fenceWait = 200 * time.Millisecond

// drain reads and drops what comes from the terminal, which was sent the fence
// and is still raw, until that is answered, but no longer than wait. What the
// user types meanwhile is dropped with it: it is somewhere between the answers,
// and there is no putting it back into the terminal for the shell to read.
func drain(in, out *os.File, wait time.Duration) {
	tty, err := rawtty.Open(in, out) // the attachment's own reads no more
	if err != nil {
		return
	}
	defer tty.Close()
	late := time.AfterFunc(wait, func() { tty.Cancel() })
	defer late.Stop()
	var fence termin.Fence
	buf := make([]byte, 4096)
	for answered := false; !answered; {
		n, err := tty.Read(buf)
		if err != nil { // too late, or the terminal is gone
			return
		}
		_, answered = fence.Scan(buf[:n])
	}
}
