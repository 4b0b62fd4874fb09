package systemdtest

import (
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Manager is systemd as far as one unit sees it. It stores descriptors: what
// polls as hung up is dropped unless it was stored with FDPOLL=0, and so is a
// second descriptor of the same file; a name is removed with all that it stands
// for.
type Manager struct {
	t      testing.TB
	notify *net.UnixConn
	path   string
	ready  chan struct{} // has an entry for each READY=1
	done   sync.WaitGroup

	mu     sync.Mutex
	stored []entry
}

type entry struct {
	name string
	file *os.File
	poll bool
}

// New returns a Manager whose socket is in dir. It ends with the test.
func New(t testing.TB, dir string) *Manager {
	t.Helper()
	m := &Manager{t: t, path: filepath.Join(dir, "notify"), ready: make(chan struct{}, 16)}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m.notify = c
	m.done.Go(m.read)
	t.Cleanup(func() {
		c.Close()
		m.done.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		m.remove(func(entry) bool { return true })
	})
	return m
}

func (m *Manager) read() {
	packet, oob := make([]byte, 4096), make([]byte, 4096)
	for {
		n, oobn, _, _, err := m.notify.ReadMsgUnix(packet, oob)
		if err != nil {
			return
		}
		var fds []int
		if all, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(all) > 0 {
			fds, _ = unix.ParseUnixRights(&all[0])
		}
		m.told(string(packet[:n]), fds)
	}
}

func (m *Manager) told(text string, fds []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines := strings.Split(text, "\n")
	name := "stored"
	for _, line := range lines {
		if n, ok := strings.CutPrefix(line, "FDNAME="); ok && len(n) <= 255 && !strings.Contains(n, ":") {
			name = n
		}
	}
	switch {
	case slices.Contains(lines, "FDSTORE=1"):
		for _, fd := range fds {
			m.store(entry{name, os.NewFile(uintptr(fd), name), !slices.Contains(lines, "FDPOLL=0")})
		}
	case slices.Contains(lines, "FDSTOREREMOVE=1"):
		m.remove(func(e entry) bool { return e.name == name })
	case slices.Contains(lines, "READY=1"):
		m.ready <- struct{}{}
	}
}

func (m *Manager) store(e entry) {
	for _, old := range m.stored {
		if sameFile(int(old.file.Fd()), int(e.file.Fd())) {
			e.file.Close()
			return
		}
	}
	m.stored = append(m.stored, e)
}

// sameFile asks kcmp(2) whether two descriptors are of one open file.
func sameFile(a, b int) bool {
	const kcmpFile = 0
	pid := uintptr(os.Getpid())
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpFile, uintptr(a), uintptr(b), 0)
	return errno == 0 && r == 0
}

// remove drops stored descriptors. The caller holds mu.
func (m *Manager) remove(which func(entry) bool) {
	m.stored = slices.DeleteFunc(m.stored, func(e entry) bool {
		if !which(e) {
			return false
		}
		e.file.Close()
		return true
	})
}

// names returns the names of what is stored.
func (m *Manager) names() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.stored {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names
}

// patience is how long what must happen may take.
const patience = time.Minute

// AwaitReady waits until the unit has started.
func (m *Manager) AwaitReady() {
	m.t.Helper()
	select {
	case <-m.ready:
	case <-time.After(patience):
		m.t.Fatal("the unit does not say READY=1")
	}
}

// Await waits until so many descriptors are stored.
func (m *Manager) Await(count int) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); len(m.names()) != count; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("stored are %q, want %d", m.names(), count)
		}
	}
}

// Start starts the unit's main process, a path and its arguments, with the
// socket of the unit and what is stored, newest first as systemd does. The
// caller waits for it.
func (m *Manager) Start(argv, env []string, log, listener *os.File) *osexec.Cmd {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(func(e entry) bool { return e.poll && hungUp(e.file) })
	files, names := []*os.File{listener}, []string{"xsh.socket"}
	for _, e := range slices.Backward(m.stored) {
		files, names = append(files, e.file), append(names, e.name)
	}
	cmd := osexec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`}, argv...)...)
	cmd.Env = append(slices.Clone(env), "NOTIFY_SOCKET="+m.path,
		fmt.Sprintf("LISTEN_FDS=%d", len(files)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	cmd.ExtraFiles = files
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return cmd
}

func hungUp(f *os.File) bool {
	hung := false
	conn, err := f.SyscallConn()
	if err != nil {
		return true
	}
	conn.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		hung = err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return hung
}
