package exec_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// lines returns the lines of a session's history and screen.
func lines(m *exec.Manager, id string) string {
	snap, _ := m.Screen(id)
	var all strings.Builder
	snap.EachLine(func(text []byte) bool {
		fmt.Fprintf(&all, "%s\n", text)
		return true
	})
	return all.String()
}

// keptScreen returns the screen that is stored of a session, and how long that is.
func keptScreen(t *testing.T, k exec.Kept) (screen *xshpb.KeptScreen, size int) {
	t.Helper()
	screen = &xshpb.KeptScreen{}
	spoil(t, k, func(m *shmem.Memory) error {
		size = len(m.Screen())
		return proto.Unmarshal(m.Screen(), screen)
	})
	return screen, size
}

// A long history goes from server to server, and is written once: what is stored anew
// each time is little, and a block stays where it is.
func TestAdoptHistory(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	m := newKeptManager(t, h)
	s, err := m.CreateSession(nil, exec.SessionOptions{
		TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		Command: []string{"/bin/sh", "-c", `seq -f 'line %.0f of what the program prints, which is long enough to wrap' 1 9000; while read x; do seq -f "$x %.0f" 1 500; done`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	typed, offset := "", int64(0)
	var places []*xshpb.KeptBlock
	for round := range 3 {
		st := &stage{t: t, m: m, id: s.ID}
		v := st.view(fmt.Sprint("round ", round), small)
		v.attach(exec.AttachOptions{Size: small})
		if typed != "" {
			v.typeBytes([]byte(typed + "\n"))
			v.waitText(typed + " 500")
		} else {
			v.waitText("line 9000")
		}
		v.detach()
		m.Suspend()
		want := lines(m, s.ID)
		m.Abandon()
		stored, size := keptScreen(t, h.held[s.ID])
		if size > 64<<10 || stored.GetOffset() <= offset || len(stored.GetBlocks()) < 10 {
			t.Errorf("round %d: %d bytes with %d blocks stored at %d", round, size, len(stored.GetBlocks()), stored.GetOffset())
		}
		stayed := 0
		for _, b := range stored.GetBlocks() {
			for _, was := range places {
				if proto.Equal(b, was) {
					stayed++
				}
			}
		}
		if round > 0 && stayed < len(stored.GetBlocks())-3 {
			t.Errorf("round %d: %d of %d blocks are where they were", round, stayed, len(stored.GetBlocks()))
		}
		offset, places = stored.GetOffset(), stored.GetBlocks()

		m = newKeptManager(t, h)
		if errs := m.Adopt(h.all()); len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := lines(m, s.ID); got != want {
			t.Errorf("round %d: %d bytes of history and screen, %d before", round, len(got), len(want))
		}
		typed = fmt.Sprint("more", round)
	}
	// A history that cannot be read costs nothing else.
	m.Suspend()
	m.Abandon()
	spoil(t, h.held[s.ID], func(m *shmem.Memory) error {
		return errors.Join(m.WriteHistory(places[1].GetAt(), []byte("this is not one of ours")))
	})
	m = newKeptManager(t, h)
	t.Cleanup(m.Close)
	if errs := m.Adopt(h.all()); len(errs) > 0 {
		t.Fatal(errs)
	}
	if got := lines(m, s.ID); !strings.Contains(got, "more1 500") || strings.Count(got, "\n") > small.Rows {
		t.Errorf("with a damaged history: %q", got)
	}
	m.ClearHistory(nil, s.ID)
	if stored, _ := keptScreen(t, h.held[s.ID]); len(stored.GetBlocks()) > 0 {
		t.Errorf("a history that was cleared is stored: %d blocks", len(stored.GetBlocks()))
	}
	pid := h.held[s.ID].PID
	syscall.Kill(pid, syscall.SIGKILL)
	var ws syscall.WaitStatus // this process is still the parent, as the keeper would be
	syscall.Wait4(pid, &ws, 0, nil)
	m.ProgramEnded(s.ID, exec.ExitStatus{Code: 137, Signal: "SIGKILL"})
}
