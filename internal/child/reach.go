package child

import (
	"context"
	"fmt"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// reaching are the programs that are being reached, by directory and program, each with
// a channel that is closed when it was.
var reaching struct {
	mu  sync.Mutex
	all map[[2]string]chan struct{}
}

// mostReached bounds the goroutines, and so the threads, that wait for disks.
const mostReached = 16

// Reach is for whoever starts a program by os/exec in a process that has other things
// to do: it does before what Start does, and waits for no longer than ctx lasts. dir and
// program are as in os/exec. The error is of a disk that does not answer, and nothing
// else: what is wrong with a program its start tells.
func Reach(ctx context.Context, dir, program string) error {
	key := [2]string{dir, program}
	reaching.mu.Lock()
	done, known := reaching.all[key]
	if !known {
		if len(reaching.all) >= mostReached {
			reaching.mu.Unlock()
			return fmt.Errorf("%d programs are waited for already whose disks do not answer", mostReached)
		}
		if reaching.all == nil {
			reaching.all = make(map[[2]string]chan struct{})
		}
		done = make(chan struct{})
		reaching.all[key] = done
		go func() { // ends when the disk answers
			defer close(done)
			cmd := Command{Dir: dir, Path: program}
			cmd.find()
			cmd.reach()
			reaching.mu.Lock()
			delete(reaching.all, key)
			reaching.mu.Unlock()
		}()
	}
	reaching.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s is on a disk that does not answer: %w", program, ctx.Err())
	}
}

// find makes Path that of the file.
func (cmd *Command) find() {
	if !strings.Contains(cmd.Path, "/") {
		cmd.Path, _ = osexec.LookPath(cmd.Path)
	} else if !filepath.IsAbs(cmd.Path) {
		cmd.Path = filepath.Join(cmd.Dir, cmd.Path)
	}
}

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
