package exec_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/types"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// spoil changes what a session's memory has, as its record and its screen.
func spoil(t *testing.T, k exec.Kept, change func(*shmem.Memory) error) {
	t.Helper()
	m, err := shmem.Open(again(k.Memory))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := change(m); err != nil {
		t.Fatal(err)
	}
}

// TestAdoptAmongDamaged: a session whose record is cut short, of a newer release or
// not one of ours is named in one line each and left to the keeper as it is. The
// others are adopted, also one whose stored screen cannot be read.
func TestAdoptAmongDamaged(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	first := newKeptManager(t, h)
	names := []string{"cut", "newer", "strange", "empty", "screenless", "whole"}
	ids := map[string]string{}
	for _, name := range names {
		s, err := first.CreateSession(nil, exec.SessionOptions{
			Name: name, TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
			Command: []string{"/bin/sh", "-c", "printf ready; exec cat"},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = s.ID
		st := &stage{t: t, m: first, id: s.ID}
		a := st.view("a of "+name, small)
		a.attach(exec.AttachOptions{Size: small})
		a.waitText("ready")
	}
	if len(h.all()) != len(names) {
		t.Skip("this system has no memory that outlives a process")
	}
	first.Suspend()
	first.Abandon()
	record := func(change func([]byte) []byte) func(*shmem.Memory) error {
		return func(m *shmem.Memory) error { return m.SetRecord(change(bytes.Clone(m.Record()))) }
	}
	damage := map[string]func(*shmem.Memory) error{
		"cut":     record(func(p []byte) []byte { return p[:len(p)/2] }),
		"strange": record(func([]byte) []byte { return []byte("\xff\xfe this is not one of ours") }),
		"empty":   record(func([]byte) []byte { return nil }),
		"newer": record(func(p []byte) []byte {
			var kept xshpb.KeptSession
			if err := proto.Unmarshal(p, &kept); err != nil {
				t.Fatal(err)
			}
			kept.Version = 99
			p, _ = proto.Marshal(&kept)
			return p
		}),
		"screenless": func(m *shmem.Memory) error { return m.SetScreen([]byte("\xff\xfe neither is this")) },
	}
	for name, change := range damage {
		spoil(t, h.held[ids[name]], change)
	}

	second := newKeptManager(t, h)
	t.Cleanup(second.Close)
	errs := second.Adopt(h.all())
	said := fmt.Sprint(errs)
	for name, want := range map[string]string{
		"cut": "not one of ours, or cut short", "strange": "not one of ours, or cut short", "empty": "not one of ours, or cut short",
		"newer": "its record is of version 99, this server reads up to",
	} {
		if !strings.Contains(said, fmt.Sprintf("session %q: ", ids[name])) || !strings.Contains(said, want) {
			t.Errorf("%s: not named in %s", name, said)
		}
		if k, held := h.held[ids[name]]; !held || syscall.Kill(k.PID, 0) != nil {
			t.Errorf("%s: the keeper has it no more, or its program does not run", name)
		} else {
			t.Cleanup(func() { syscall.Kill(k.PID, syscall.SIGKILL) })
		}
	}
	if len(errs) != 4 || strings.Contains(said, "\n") {
		t.Errorf("%d errors: %s", len(errs), said)
	}
	for _, name := range []string{"screenless", "whole"} {
		st := &stage{t: t, m: second, id: ids[name]}
		b := st.view("b of "+name, small)
		b.attach(exec.AttachOptions{Size: small})
		b.waitText("ready")
		b.typeBytes([]byte("on\n"))
		b.waitText("on")
		pid := h.held[ids[name]].PID
		syscall.Kill(pid, syscall.SIGKILL)
		var ws syscall.WaitStatus // this process is still the parent, as the keeper would be
		syscall.Wait4(pid, &ws, 0, nil)
		second.ProgramEnded(ids[name], exec.ExitStatus{Code: 137, Signal: "SIGKILL"})
		b.waitClosed()
	}
}

// FuzzAdopt: whatever a session's memory has for a record and a screen, a server
// adopts it or says why not.
func FuzzAdopt(f *testing.F) {
	whole, err := proto.Marshal(&xshpb.KeptSession{Version: 1, Session: (&exec.Session{
		ID: "s", Name: "work", Handler: "test/adopt", Size: small, Title: "a title", Dir: "/",
	}).ToProto(), History: 100})
	if err != nil {
		f.Fatal(err)
	}
	screen, err := proto.Marshal(&xshpb.KeptScreen{Version: 1, Offset: 3, Replay: []byte("\x1b[2Jabc\x1b[1m")})
	if err != nil {
		f.Fatal(err)
	}
	blocks, err := proto.Marshal(&xshpb.KeptScreen{
		Version: 2, Offset: 3, Size: &typespb.Size{Rows: 5, Cols: 20}, Replay: []byte("abc"), Continues: true,
		Blocks: []*xshpb.KeptBlock{{At: 0, Size: 9}, {At: 1 << 50, Size: 1}, {At: 5, Size: -1}}, Dropped: 7, Tail: []byte("\x01\x02\x00\x00\x00a"),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, blocks)
	f.Add(whole, screen)
	f.Add(whole[:len(whole)/2], screen)
	f.Add(whole, screen[:len(screen)/2])
	f.Add([]byte{}, []byte{})
	f.Add([]byte("\x08\x63"), []byte("\x08\x63"))
	f.Fuzz(func(t *testing.T, record, screen []byte) {
		memory, err := shmem.Create("fuzz", shmem.Limits{Log: 4096})
		if err != nil {
			t.Skip(err)
		}
		defer memory.Close()
		memory.Append([]byte("abc"))
		if memory.SetRecord(record) != nil || memory.SetScreen(screen) != nil {
			return // more than there is room for
		}
		term, err := exectest.NewTerminal()
		if err != nil {
			t.Fatal(err)
		}
		m := exec.NewManager(exec.ManagerConfig{
			Keeper:   &holder{held: make(map[string]exec.Kept)},
			Handlers: map[string]exec.Handler{"test/adopt": {Plugin: "test", Resource: "adopt", PID: func(string) int { return 1 }, Adopt: adoptNothing}},
		})
		defer m.Close()
		k := exec.Kept{ID: "s", Memory: again(memory.File()), Terminal: again(term.MasterFd())}
		errs := m.Adopt([]exec.Kept{k})
		if len(errs) == 1 && strings.Contains(errs[0].Error(), "\n") {
			t.Errorf("more than a line: %v", errs[0])
		}
		all, _ := m.ListAll(nil)
		if len(all)+len(errs) != 1 {
			t.Errorf("%d sessions, %v", len(all), errs)
		}
		for _, s := range all {
			m.Screen(s.ID)
		}
		term.Close()
	})
}

// adoptNothing is a handler's Adopt for a program that is not there: it ends with
// its session.
func adoptNothing(c *types.PluginContext, a exec.AdoptedProgram) error {
	go func() {
		<-c.Ctx().Done()
		a.Stop <- os.ErrClosed
	}()
	return nil
}
