package scope_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/scope"
	"github.com/xsh-project/xsh/internal/systemdtest"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// machine is one whose systemd makes scopes of files.
type machine struct {
	t    *testing.T
	root string
	// controllers are what the user's systemd has a say in.
	controllers bool
	fail        error                     // set before anything is asked
	asked       atomic.Int32              // how often it was
	made        map[string]map[string]any // properties of units
}

func newMachine(t *testing.T) (*machine, *scope.Scopes) {
	t.Helper()
	leaktest.Check(t)
	dir, err := os.MkdirTemp("/tmp", "xsh-") // short: a socket is in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &machine{t: t, root: dir, controllers: true, made: map[string]map[string]any{}}
	m.write("/var/lib/systemd/linger/me", "")
	m.write("/proc/self/cgroup", "0::/user.slice/user-7.slice/session-1.scope\n")
	bus := systemdtest.NewBus(t, dir+"/bus", m.scope)
	return m, scope.New(scope.Config{Bus: bus.Path, UID: 7, User: "me", Root: dir})
}

func (m *machine) write(path, text string) {
	path = m.root + path
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		m.t.Error(err)
	}
}

// scope makes a scope and moves its processes there.
func (m *machine) scope(unit string, properties map[string]any) error {
	m.asked.Add(1)
	if m.fail != nil {
		return m.fail
	}
	m.made[unit] = properties
	group := "/user.slice/user-7.slice/user@7.service/app.slice/" + unit
	if m.controllers {
		max, ok := properties["MemoryMax"].(uint64)
		if !ok {
			max = 1 << 62
		}
		weight, _ := properties["CPUWeight"].(uint64)
		m.write("/sys/fs/cgroup"+group+"/memory.max", fmt.Sprintln(max))
		m.write("/sys/fs/cgroup"+group+"/cpu.weight", fmt.Sprintln(weight))
		m.write("/sys/fs/cgroup"+group+"/memory.events", "low 0\noom 0\noom_kill 0\n")
	}
	for _, pid := range properties["PIDs"].([]uint32) {
		m.write("/proc/"+strconv.Itoa(int(pid))+"/cgroup", "12:pids:/elsewhere\n0::"+group+"\n")
	}
	return nil
}

// TestScope: a program gets a scope, with the limits that were asked for, and
// another server finds it.
func TestScope(t *testing.T) {
	m, s := newMachine(t)
	group, err := s.Start(local.Placement{SessionID: "ab:c", Name: "web", PID: 99, MemoryMax: 1 << 30, CPUWeight: 20})
	if err != nil {
		t.Fatal(err)
	}
	made := m.made["xsh-ab_c-99.scope"]
	if made["Description"] != "xsh session web" || made["MemoryMax"] != uint64(1<<30) || made["CPUWeight"] != uint64(20) {
		t.Errorf("systemd was asked for %v", m.made)
	}
	if want := m.root + "/sys/fs/cgroup/user.slice/user-7.slice/user@7.service/app.slice/xsh-ab_c-99.scope"; group != want || s.Of(99) != want {
		t.Errorf("the group is %q, and found %q", group, s.Of(99))
	}
	if s.OutOfMemory(group) {
		t.Error("out of memory from the start")
	}
	m.write(strings.TrimPrefix(group, m.root)+"/memory.events", "low 0\noom 3\noom_kill 2\n")
	if !s.OutOfMemory(group) || s.OutOfMemory("") || s.OutOfMemory("/no/such") {
		t.Error("what the kernel did is not known")
	}

	group, err = s.Start(local.Placement{SessionID: "d", PID: 100})
	if _, limited := m.made["xsh-d-100.scope"]["MemoryMax"]; err != nil || group == "" || limited {
		t.Errorf("without limits: %q, %v, %v", group, err, m.made)
	}
}

// TestNoScope: where there is none, a program without limits goes without, and
// one with limits is refused in words.
func TestNoScope(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*machine)
		want  string
	}{
		{"no bus", func(m *machine) { os.Remove(m.root + "/bus") }, "there is no systemd of yours here"},
		{"not lingering", func(m *machine) { os.Remove(m.root + "/var/lib/systemd/linger/me") }, "loginctl enable-linger"},
		{"a systemd that refuses", func(m *machine) { m.fail = errors.New("it has a cold") }, "systemd makes no scope: it has a cold"},
		{"no controllers", func(m *machine) { m.controllers = false }, "no say in memory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, s := newMachine(t)
			tc.spoil(m)
			if _, err := s.Start(local.Placement{SessionID: "a", PID: 1}); err != nil {
				t.Errorf("without limits: %v", err)
			}
			_, err := s.Start(local.Placement{SessionID: "b", PID: 2, MemoryMax: 1 << 20})
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "limit memory and processors: ") {
				t.Errorf("with a limit: %v", err)
			}
		})
	}
}

// TestScopeBelowTheUsersService: a server that ends with the last logout anyhow
// needs nobody who lingers.
func TestScopeBelowTheUsersService(t *testing.T) {
	m, s := newMachine(t)
	os.Remove(m.root + "/var/lib/systemd/linger/me")
	m.write("/proc/self/cgroup", "0::/user.slice/user-7.slice/user@7.service/app.slice/xsh.service\n")
	if group, err := s.Start(local.Placement{SessionID: "a", PID: 1}); group == "" || err != nil {
		t.Errorf("%q, %v", group, err)
	}
}

// TestSystemdIsSilent: whoever starts a session waits for it once, and not again.
func TestSystemdIsSilent(t *testing.T) {
	m, s := newMachine(t)
	m.fail = systemdtest.ErrSilent
	for range 3 {
		if _, err := s.Start(local.Placement{SessionID: "a", PID: 1}); err != nil {
			t.Error(err)
		}
	}
	if n := m.asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}
