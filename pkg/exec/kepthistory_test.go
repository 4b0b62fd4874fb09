package exec_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// handedOver is a session whose program prints numbered lines, which goes from one
// manager to the next.
type handedOver struct {
	*stage
	h     *holder
	lines int
}

func newHandedOver(t *testing.T) *handedOver {
	t.Helper()
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	s, err := m.CreateSession(nil, exec.SessionOptions{
		TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		Command: []string{"/bin/sh", "-c", `stty -echo; while read a b; do seq -f 'line %06g of the history' $a $b; printf 'then %s\n' $b; done`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	t.Cleanup(func() { // this process is still the parent, as the keeper would be
		pid := h.all()[0].PID
		syscall.Kill(pid, syscall.SIGKILL)
		var ws syscall.WaitStatus
		syscall.Wait4(pid, &ws, 0, nil)
	})
	return &handedOver{stage: &stage{t: t, m: m, id: s.ID}, h: h}
}

// prints has the program print n lines, and waits until the model has them.
func (s *handedOver) prints(n int) {
	s.t.Helper()
	v := s.view(newName(), small)
	v.attach(exec.AttachOptions{Size: small})
	v.typeBytes(fmt.Appendf(nil, "%d %d\n", s.lines+1, s.lines+n))
	s.lines += n
	v.waitText(fmt.Sprintf("then %d", s.lines))
}

// shown is all that the session shows, its history first.
func (s *handedOver) shown() (all []string) {
	s.t.Helper()
	snap, _ := s.m.Screen(s.id)
	if snap == nil {
		s.t.Fatal("there is no model")
	}
	for _, l := range snap.History(0, snap.HistoryLines()) {
		all = append(all, l.Text())
	}
	return append(all, snap.Text()...)
}

// memory opens what outlives the manager.
func (s *handedOver) memory() *shmem.Memory {
	s.t.Helper()
	m, err := shmem.Open(again(s.h.held[s.id].Memory))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { m.Close() })
	return m
}

// next has another manager adopt the session, and checks that it shows what it did.
func (s *handedOver) next() {
	s.t.Helper()
	s.m.Suspend()
	was := s.shown()
	s.m.Abandon()
	s.m = newKeptManager(s.t, s.h)
	s.t.Cleanup(s.m.Abandon)
	if errs := s.m.Adopt(s.h.all()); len(errs) > 0 {
		s.t.Fatal(errs)
	}
	if now := s.shown(); !slices.Equal(was, now) {
		s.t.Fatalf("it showed %d lines, from %.60q on, and shows %d from %.60q on", len(was), was[0], len(now), now[0])
	}
}

// TestHistoryOfAnEarlierRelease: a stored screen that has its history with it is read,
// and stored so again where the memory has no room for history.
func TestHistoryOfAnEarlierRelease(t *testing.T) {
	s := newHandedOver(t)
	s.prints(3000)
	resume := s.m.Suspend()
	snap, at := s.m.Screen(s.id)
	old, err := proto.Marshal(&xshpb.KeptScreen{
		Version: 1, Offset: at, Size: &typespb.Size{Rows: uint32(small.Rows), Cols: uint32(small.Cols)}, Replay: snap.AppendReplay(nil, vt.ReplayOptions{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	new := s.memory()
	m, err := shmem.Create("xsh-test", shmem.Limits{Log: new.Capacity(), History: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetRecord(new.Record()); err != nil {
		t.Fatal(err)
	}
	if err := m.SetScreen(old); err != nil {
		t.Fatal(err)
	}
	output := make([]byte, at)
	if n, err := new.Read(output, 0); n != len(output) || err != nil {
		t.Fatal(n, err)
	}
	m.Append(output)
	k := s.h.held[s.id]
	k.Memory = m.File()
	s.h.held[s.id] = k
	resume()

	s.next()
	s.prints(2000)
	s.next()
	s.m.Suspend()
	var stored xshpb.KeptScreen
	if err := proto.Unmarshal(s.memory().Screen(), &stored); err != nil || len(stored.GetBlocks()) > 0 {
		t.Errorf("history where there is no room for it: %d blocks, %v", len(stored.GetBlocks()), err)
	}
	s.m.Abandon()
}

// TestClearedHistoryGivesMemoryBack: what a session's memory had for a history that was
// cleared is given back.
func TestClearedHistoryGivesMemoryBack(t *testing.T) {
	s := newHandedOver(t)
	memory := func() int64 {
		var st syscall.Stat_t
		file := again(s.h.held[s.id].Memory)
		defer file.Close()
		if err := syscall.Fstat(int(file.Fd()), &st); err != nil {
			t.Fatal(err)
		}
		return st.Blocks * 512
	}
	s.prints(vt.DefaultScrollback)
	s.prints(1)
	s.m.Suspend()()
	full := memory()
	if _, err := s.m.ClearHistory(nil, s.id); err != nil {
		t.Fatal(err)
	}
	s.prints(1)
	s.m.Suspend()
	if now := memory(); full-now < 100<<10 {
		t.Errorf("%d bytes with a full history, and %d without", full, now)
	}
	s.m.Abandon()
}

// TestFilesMayNotBeLarge: a limit of file sizes that leaves no room for history by itself
// takes nothing from a session.
func TestFilesMayNotBeLarge(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 32 << 20, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &was)
	s := newHandedOver(t)
	s.prints(1000)
	s.next()
	s.m.Suspend()
	s.m.Abandon()
	if n := s.memory().HistorySize(); n > 4096 {
		t.Errorf("there is room for %d bytes of history", n)
	}
}
