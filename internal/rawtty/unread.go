package rawtty

import "golang.org/x/sys/unix"

// Unread gives bytes back to the terminal, as if they had been typed now, and
// returns how many it took: none where the system does not permit it.
func (t *Terminal) Unread(p []byte) (n int) {
	for n < len(p) && unix.IoctlSetPointerInt(int(t.in.Fd()), unix.TIOCSTI, int(p[n])) == nil {
		n++
	}
	return n
}
