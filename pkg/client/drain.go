package client

import (
	"bytes"
	"os"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
)

// fence is what the client asks its terminal last: DSR 5, which nearly every
// terminal answers and nearly no program asks, and DA1 twice. Answers come in
// the order of the questions, so whatever was due comes before the fence's. One
// question would not do: its answer could be the one that a program waited for.
// That a program asked just these three in a row need not be feared.
const fence = "\x1b[5n\x1b[c\x1b[c"

const (
	// fenceWait bounds how long the answers are waited for. A terminal that is
	// farther away is cut off: what it answers later is typed into the shell.
	fenceWait = 200 * time.Millisecond

	// fenceTail is how much input is looked at for the fence's answers, the
	// longest of which has some 40 bytes.
	fenceTail = 256
)

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
	var input []byte
	buf := make([]byte, 4096)
	for !fenceAnswered(input) {
		n, err := tty.Read(buf)
		if err != nil { // too late, or the terminal is gone
			return
		}
		input = append(input[max(0, len(input)-fenceTail):], buf[:n]...)
	}
}

// fenceAnswered looks for the fence's answers. What a user types between them
// hides them, and then time ends the wait.
func fenceAnswered(input []byte) bool {
	for {
		_, rest, found := bytes.Cut(input, []byte("\x1b[0n"))
		if !found {
			return false
		}
		if after, ok := cutDA1(rest); ok {
			if _, ok := cutDA1(after); ok {
				return true
			}
		}
		input = rest
	}
}

// cutDA1 takes an answer to DA1 from the head of input.
func cutDA1(input []byte) (rest []byte, ok bool) {
	body, ok := bytes.CutPrefix(input, []byte("\x1b[?"))
	rest = bytes.TrimLeft(body, "0123456789;")
	return bytes.TrimPrefix(rest, []byte("c")), ok && bytes.HasPrefix(rest, []byte("c"))
}
