package rawtty

import (
	"os"
	"strconv"
)

// pathsOf names the terminal behind f. The second is the device itself, which
// may belong to another user.
func pathsOf(f *os.File) []string {
	device := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if controlling(f) {
		return []string{"/dev/tty", device}
	}
	return []string{device}
}
