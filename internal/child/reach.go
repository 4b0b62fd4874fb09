package child

import "golang.org/x/sys/unix"

// reach touches what starting cmd needs, so that whoever waits for a mount that
// does not answer is the goroutine that asked for this program: on the thread
// that starts programs all others would wait behind it. There it would be worse
// still: until the new process runs its program, its parent's thread stands
// within the fork, where Go can neither collect garbage nor take the processor
// from it, so that the whole server would stand. What is wrong with the files is
// not of interest here; the start itself tells.
func (cmd *Command) reach() {
	for _, path := range []string{cmd.Dir, cmd.Path} {
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil {
			continue
		}
		// Attributes may be remembered for a mount that is dead; opening asks it,
		// and reading brings what the system reads of a program first. The opening
		// of a FIFO or a device could wait for somebody, or do something.
		if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFREG && kind != unix.S_IFDIR {
			continue
		}
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		if err != nil {
			continue
		}
		var head [256]byte
		unix.Pread(fd, head[:], 0)
		unix.Close(fd)
	}
}
