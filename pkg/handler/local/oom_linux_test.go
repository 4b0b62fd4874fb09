package local_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/scope"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// groups makes control groups in the system's own tree, for want of a systemd that a
// test may ask: those of the second version, or else of the first, in which the kernel
// kills alike and tells of it in another file.
type groups struct {
	t       *testing.T
	dir     string
	limits  []string // files that take the bytes of memory that there may be
	version int

	mu   sync.Mutex
	made []string
}

func newGroups(t *testing.T) *groups {
	t.Helper()
	g := &groups{t: t}
	const root = "/sys/fs/cgroup"
	given, _ := os.ReadFile(root + "/cgroup.subtree_control")
	switch {
	case bytes.Contains(given, []byte("memory")):
		g.version, g.dir, g.limits = 2, root, []string{"memory.max", "memory.swap.max"}
	default:
		if _, err := os.Stat(root + "/memory/memory.oom_control"); err != nil {
			t.Skipf("no control groups with memory in %s: cgroup.subtree_control says %q; %v", root, given, err)
		}
		g.version, g.dir, g.limits = 1, root+"/memory", []string{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}
	}
	g.dir = filepath.Join(g.dir, "xsh-test-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		t.Skip("control groups cannot be made: ", err)
	}
	t.Cleanup(g.remove)
	if g.version == 2 {
		if err := os.WriteFile(g.dir+"/cgroup.subtree_control", []byte("+memory"), 0); err != nil {
			t.Skip("no say in memory: ", err)
		}
	}
	return g
}

// remove removes the groups, which takes until the kernel is done with their processes.
func (g *groups) remove() {
	for _, dir := range append(g.made, g.dir) {
		deadline := time.Now().Add(time.Minute)
		for err := os.Remove(dir); err != nil && !os.IsNotExist(err); err = os.Remove(dir) {
			if time.Now().After(deadline) {
				g.t.Errorf("the group stays: %v", err)
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func (g *groups) Start(p local.Placement) (string, error) {
	dir := filepath.Join(g.dir, p.SessionID)
	err := os.Mkdir(dir, 0o755)
	g.mu.Lock()
	g.made = append(g.made, dir)
	g.mu.Unlock()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, g.limits[0]), []byte(strconv.FormatInt(p.MemoryMax, 10)), 0)
	}
	// Where there is no swap, or no say in it, there is no such file, or it takes nothing.
	os.WriteFile(filepath.Join(dir, g.limits[1]), []byte(strconv.FormatInt(p.MemoryMax, 10)), 0)
	return dir, errors.Join(err, os.WriteFile(dir+"/cgroup.procs", []byte(strconv.Itoa(p.PID)), 0))
}

func (*groups) Of(int) string { return "" }

func (g *groups) OutOfMemory(group string) bool {
	if g.version == 2 {
		return new(scope.Scopes).OutOfMemory(group)
	}
	told, _ := os.ReadFile(group + "/memory.oom_control")
	_, kills, ok := strings.Cut(string(told), "oom_kill ")
	return ok && !strings.HasPrefix(kills, "0")
}

// TestKernelKillsForWantOfMemory: a program that takes more memory than its session may
// have is ended by the kernel, and its session alone; the session says so.
func TestKernelKillsForWantOfMemory(t *testing.T) {
	g := newGroups(t)
	r := newRunnerWith(t, local.Config{Scopes: g})
	limited := func(id, text string) exec.SessionOptions {
		o := script(text)
		o.ID, o.ResourceData[local.DataMemoryMax] = id, float64(32<<20)
		return o
	}
	r.start(limited("modest", "read x; exit 3"))
	// It keeps the last line, which has no end.
	if _, st := r.run(limited("hungry", "exec tail -n 1 /dev/zero")); st.String() != "killed: out of memory" {
		t.Errorf("a program that took all memory: %v", st)
	}
	r.typ("modest", "\n")
	if out := r.out.WaitClose(t, "modest"); out.Exit.Code != 3 {
		t.Errorf("another session: %v", out.Exit)
	}
}
