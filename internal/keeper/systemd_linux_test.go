package keeper

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

	"github.com/xsh-project/xsh/internal/leaktest"
)

// manager plays systemd's part for a unit with Type=notify, KillMode=process
// and a descriptor store, as in its service.c and fdset.c: what polls as hung
// up is dropped unless it was stored with FDPOLL=0, and so is a second
// descriptor of the same file; a name is removed with all that it stands for.
type manager struct {
	t      *testing.T
	notify *net.UnixConn
	path   string
	ready  chan struct{}
	done   sync.WaitGroup

	mu     sync.Mutex
	stored []entry
}

type entry struct {
	name string
	file *os.File
	poll bool
}

func newManager(t *testing.T, dir string) *manager {
	t.Helper()
	m := &manager{t: t, path: filepath.Join(dir, "notify"), ready: make(chan struct{}, 16)}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m.notify = c
	m.done.Go(m.read)
	t.Cleanup(func() {
		c.Close()
		m.done.Wait()
		m.clear()
	})
	return m
}

func (m *manager) read() {
	packet, oob := make([]byte, 4096), make([]byte, 4096)
	for {
		n, oobn, _, _, err := m.notify.ReadMsgUnix(packet, oob)
		if err != nil {
			return
		}
		m.told(string(packet[:n]), passed(oob[:oobn]))
	}
}

func (m *manager) told(text string, fds []int) {
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

func (m *manager) store(e entry) {
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

func (m *manager) remove(which func(entry) bool) {
	m.stored = slices.DeleteFunc(m.stored, func(e entry) bool {
		if !which(e) {
			return false
		}
		e.file.Close()
		return true
	})
}

func (m *manager) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(func(entry) bool { return true })
}

// names returns the names of what is stored.
func (m *manager) names() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.stored {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names
}

// await waits until so many descriptors are stored.
func (m *manager) await(count int) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); len(m.names()) != count; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("stored are %q, want %d", m.names(), count)
		}
	}
}

// start starts the unit's main process with what is stored, newest first as
// systemd does.
func (m *manager) start(k *kept, listener *os.File) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(func(e entry) bool { return e.poll && hungUp(e.file) })
	files, names := []*os.File{listener}, []string{"xsh.socket"}
	for _, e := range slices.Backward(m.stored) {
		files, names = append(files, e.file), append(names, e.name)
	}
	log, err := os.OpenFile(k.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	k.cmd = osexec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" keeper`, testBinary(m.t))
	k.cmd.Env = append(os.Environ(), roleVariable+"=1", "GORACE=atexit_sleep_ms=0", "NOTIFY_SOCKET="+m.path,
		fmt.Sprintf("LISTEN_FDS=%d", len(files)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	k.cmd.ExtraFiles = files
	k.cmd.Stderr = log
	if err := k.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

func hungUp(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(descriptor(f))}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
}

// TestSystemdKeeps: a keeper that is killed together with its server loses no
// session under systemd, which starts another one with the descriptors.
func TestSystemdKeeps(t *testing.T) {
	leaktest.Check(t)
	dir := t.TempDir()
	m := newManager(t, dir)
	k := &kept{t: t, socket: filepath.Join(dir, "s"), log: filepath.Join(dir, "log")}
	listener := listenAt(t, k.socket)
	defer listener.Close()
	m.start(k, listener)
	<-m.ready
	defer func() { k.end() }()

	for i := range 3 {
		k.must("new s%d seq 1 1000000000", i)
	}
	k.must("new quiet sleep 1000")
	k.must("new gone sleep 1000")
	k.must("drop gone")
	m.await(4 * 3)
	server, ends, runs := k.server(), k.pidOf("s1"), k.pidOf("s2")
	unix.Kill(k.cmd.Process.Pid, unix.SIGKILL)
	unix.Kill(server, unix.SIGKILL)
	k.cmd.Wait()
	unix.Kill(ends, unix.SIGTERM)
	awaitGone(t, ends)

	m.start(k, listener)
	<-m.ready
	list := k.must("list")
	if strings.Count(list, "files=2") != 4 || strings.Count(list, " runs") != 3 ||
		!strings.Contains(list, fmt.Sprintf("s2 pid=%d ", runs)) {
		t.Errorf("after both were killed:\n%s", list)
	}
	if strings.Contains(list, "status 0") {
		t.Errorf("an exit status was invented:\n%s", list)
	}
	if answer := k.must("check"); answer != "ok" {
		t.Error(answer)
	}
	k.must("drop s1")
	m.await(3 * 3)

	// The keeper alone: its server makes room for the one that systemd starts.
	server = k.server()
	k.cmd.Process.Kill()
	k.cmd.Wait()
	awaitGone(t, server)
	m.start(k, listener)
	<-m.ready
	if list := k.must("list"); strings.Count(list, " runs") != 3 {
		t.Errorf("after the keeper was killed:\n%s", list)
	}
}
