package child

import "golang.org/x/sys/unix"

// reach opens and reads the directory and the program that starting cmd needs, and
// ignores what goes wrong: the start itself reports that.
//
// It is there for mounts that do not answer. One thread starts all programs, so if it
// waited for such a mount, every later start would wait behind it. Worse, the thread
// would wait within the fork: until the new process runs its program, Go can neither
// collect garbage nor take the processor from that thread, and the whole server
// stands still. reach has the caller's goroutine wait instead, and nobody else.
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
