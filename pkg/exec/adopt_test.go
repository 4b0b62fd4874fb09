package exec_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// holder is a keeper in the test's own process: it holds copies of what a
// manager hands it.
type holder struct {
	mu   sync.Mutex
	held map[string]exec.Kept
	// dropped are those that the manager had forgotten.
	dropped []string
}

func (h *holder) Hold(k exec.Kept) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	k.Terminal, k.Memory = again(k.Terminal), again(k.Memory)
	h.held[k.ID] = k
	return nil
}

func again(f *os.File) *os.File {
	conn, err := f.SyscallConn()
	if err != nil {
		panic(err)
	}
	fd := -1
	conn.Control(func(was uintptr) { fd, err = unix.FcntlInt(was, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		panic(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

func (h *holder) Ended(string, exec.ExitStatus) error { return nil }

func (h *holder) Drop(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.held, id)
	h.dropped = append(h.dropped, id)
	return nil
}

func (h *holder) all() (all []exec.Kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.held {
		k.Terminal, k.Memory = again(k.Terminal), again(k.Memory)
		all = append(all, k)
	}
	return all
}

func newKeptManager(t testing.TB, h *holder) *exec.Manager {
	t.Helper()
	l := local.New(local.Config{})
	m := exec.NewManager(exec.ManagerConfig{Keeper: h, Handlers: map[string]exec.Handler{l.ID(): l}})
	return m
}

// A session goes on in another manager: with its name, its screen and history,
// from the offset that a client has seen, and with its program.
func TestAdopt(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	first := newKeptManager(t, h)
	s, err := first.CreateSession(nil, exec.SessionOptions{
		Name: "work", TTY: true, Size: small, Labels: map[string]string{"a": "b"},
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		Command: []string{"/bin/sh", "-c", `i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; printf '\033[1mready'; read x; printf ' got %s' $x; exit 7`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	st := &stage{t: t, m: first, id: s.ID}
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	a.waitText("ready")
	a.mu.Lock()
	seen := a.at
	a.mu.Unlock()
	first.Suspend()
	was, _ := first.Screen(s.ID)
	first.Abandon()

	second := newKeptManager(t, h)
	t.Cleanup(second.Close)
	if errs := second.Adopt(h.all()); len(errs) > 0 {
		t.Fatal(errs)
	}
	got, err := second.GetSession(nil, "work")
	if err != nil || got.ID != s.ID || got.Labels["a"] != "b" || got.Size != small || !got.CreatedAt.Equal(s.CreatedAt) {
		t.Fatalf("adopted %+v, %v", got, err)
	}
	st = &stage{t: t, m: second, id: s.ID, written: seen}
	if diff := frameDiff(was, st.settle(), small); diff != "" {
		t.Errorf("the screen (-before +after):\n%s", diff)
	}
	now, _ := second.Screen(s.ID)
	if was.HistoryLines() != now.HistoryLines() {
		t.Errorf("%d lines of history, %d before", now.HistoryLines(), was.HistoryLines())
	}
	b := st.view("b", small)
	if at := b.attach(exec.AttachOptions{Size: small, Resume: true, ResumeOffset: seen}); at.Offset != seen || len(at.Replay) > 0 {
		t.Errorf("resumed from %d at %d with %q", seen, at.Offset, at.Replay)
	}
	b.typeBytes([]byte("it\n"))
	b.waitText("got it")
	pid := h.all()[0].PID
	var ws syscall.WaitStatus // this process is still the parent, as the keeper would be
	syscall.Wait4(pid, &ws, 0, nil)
	second.ProgramEnded(s.ID, exec.ExitStatus{Code: 7})
	if o := b.waitClosed(); o.Exit == nil || o.Exit.Code != 7 {
		t.Errorf("ended with %+v", o.Exit)
	}
	if again, err := second.Respawn(nil, "work"); err != nil || again.ID != s.ID || len(again.Command) != 3 {
		t.Errorf("respawned %+v, %v", again, err)
	}
}

// Clients come back to a session while its record is stored: neither waits for
// the other for ever.
func TestSavedWhileClientsComeBack(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	t.Cleanup(m.Close)
	s, err := m.CreateSession(nil, exec.SessionOptions{
		TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: []string{"/bin/cat"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	var both sync.WaitGroup
	both.Go(func() {
		for i := range 1000 {
			if _, err := m.Label(nil, s.ID, map[string]string{"n": strconv.Itoa(i)}, nil); err != nil {
				t.Error(err)
			}
		}
	})
	for n := range 4 {
		both.Go(func() {
			for i := range 1000 {
				o := exec.AttachOptions{Size: small, Client: fmt.Sprint("client", n, i), InputOffset: 1}
				a, err := m.Open(t.Context(), s.ID, o, nowhere{})
				if err != nil {
					t.Error(err)
					continue
				}
				a.Detach(t.Context())
			}
		})
	}
	done := make(chan struct{})
	go func() {
		both.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		buf := make([]byte, 1<<20)
		t.Fatalf("they wait for each other:\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// nowhere takes output and drops it.
type nowhere struct{}

func (nowhere) Send(context.Context, exec.StreamOutput) bool { return true }

// What cannot be adopted is named, and left alone.
func TestAdoptRefuses(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	t.Cleanup(m.Close)
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	term, err := exectest.NewTerminal()
	if err != nil {
		t.Fatal(err)
	}
	errs := m.Adopt([]exec.Kept{{ID: "strange", Memory: f, Terminal: term.MasterFd()}})
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "strange") {
		t.Errorf("adopting what is not ours: %v", errs)
	}
	if all, _ := m.ListAll(nil); len(all) != 0 {
		t.Errorf("%d sessions", len(all))
	}
}

// TestKeeperHearsOfWhatBegan: a keeper is not asked to forget a session whose program did
// not start, which it never had.
func TestKeeperHearsOfWhatBegan(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	create := func(id string, command ...string) error {
		_, err := m.CreateSession(nil, exec.SessionOptions{
			ID: id, TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: command,
		})
		return err
	}
	if err := create("nothing", "/no/such/program"); err == nil {
		t.Error("a program that is not there was started")
	}
	if err := create("one", "/bin/true"); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, m, "one")
	if err := m.Remove(nil, "one"); err != nil {
		t.Error(err)
	}
	m.Close()
	if len(h.dropped) > 1 || len(h.dropped) == 1 && h.dropped[0] != "one" {
		t.Errorf("the keeper was asked to forget %q", h.dropped)
	}
}

// TestSuspendedAgainAtOnce: a handover that follows at once on one that failed stops the
// reading of terminals as well.
func TestSuspendedAgainAtOnce(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	t.Cleanup(m.Close)
	_, err := m.CreateSession(nil, exec.SessionOptions{
		TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: []string{"/bin/cat"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			m.Suspend()()
		}
	}()
	select {
	case <-done:
	case <-time.After(exectest.Patience):
		t.Fatal("a server that should hand over waits for ever")
	}
}

// TestSuspendedTouchesNothing: a program that ends, or begins, while another
// server takes over is that one's.
func TestSuspendedTouchesNothing(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	first := newKeptManager(t, h)
	s, err := first.CreateSession(nil, exec.SessionOptions{
		TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		Command: []string{"/bin/sh", "-c", `printf ready; read x; printf ' last words'`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	st := &stage{t: t, m: first, id: s.ID}
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	a.waitText("ready")
	resume := first.Suspend()
	a.typeBytes([]byte("\n"))
	begun := make(chan error, 1)
	go func() {
		_, err := first.CreateSession(nil, exec.SessionOptions{
			Name: "late", TTY: true, ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: []string{"/bin/cat"},
		})
		begun <- err
	}()
	for pid := h.all()[0].PID; unix.Kill(pid, 0) == nil; {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // for what must not happen
	if got, err := first.GetSession(nil, s.ID); err != nil || got.Exit != nil {
		t.Errorf("it ended here: %+v, %v", got, err)
	}
	select {
	case err := <-begun:
		t.Errorf("another began: %v", err)
	default:
	}
	resume()
	a.waitText("last words")
	if o := a.waitClosed(); o.Exit == nil || o.Exit.Code != 0 {
		t.Errorf("ended with %+v", o.Exit)
	}
	if err := <-begun; err != nil {
		t.Error(err)
	}
	first.Close()
}
