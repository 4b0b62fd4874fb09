package rawtty

import "os"

// pathsOf names the terminal behind f. /dev/fd/N would not do: to open it is to
// duplicate f.
func pathsOf(f *os.File) []string {
	if controlling(f) {
		return []string{"/dev/tty"}
	}
	return nil
}
