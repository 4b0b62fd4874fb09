package local_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// scopes gives out groups that are names.
type scopes struct {
	mu     sync.Mutex
	placed []local.Placement
	full   bool // memory, in every group
	refuse error
}

func (s *scopes) Start(p local.Placement) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.placed = append(s.placed, p)
	return "group of " + p.SessionID, s.refuse
}

func (*scopes) Of(int) string { return "" }

func (s *scopes) OutOfMemory(group string) bool {
	return s.full && strings.HasPrefix(group, "group of ")
}

// TestScopes: a program is placed with what its session asks for, and a kill for
// want of memory is told from others.
func TestScopes(t *testing.T) {
	s := &scopes{}
	var told sync.Map
	r := newRunnerWith(t, local.Config{Scopes: s, Ended: func(id string, st exec.ExitStatus) { told.Store(id, st) }})
	o := script("kill -9 $$")
	o.ID, o.Name = "id", "name"
	o.ResourceData[local.DataMemoryMax], o.ResourceData[local.DataCPUWeight] = float64(1<<40), float64(7)
	if _, st := r.run(o); st.String() != "killed by SIGKILL" {
		t.Errorf("killed by itself: %v", st)
	}
	if got := s.placed[0]; got.SessionID != "id" || got.Name != "name" || got.MemoryMax != 1<<40 || got.CPUWeight != 7 || got.PID == 0 {
		t.Errorf("placed %+v", got)
	}
	s.full = true
	o.ID = "hungry"
	_, st := r.run(o)
	want := exec.ExitStatus{Code: 137, Signal: "SIGKILL", Message: "out of memory"}
	if early, _ := told.Load("hungry"); st != want || early != want || st.String() != "killed: out of memory" {
		t.Errorf("killed for want of memory: %+v, told %+v", st, early)
	}
	if _, st := r.run(script("kill -15 $$")); st.String() != "killed by SIGTERM" {
		t.Errorf("another signal: %v", st)
	}
	id := r.start(script(`trap "" HUP; while :; do sleep 1; done`))
	if _, err := r.m.Kill(nil, id, exec.StreamSignalSigkill); err != nil {
		t.Fatal(err)
	}
	if st := r.out.WaitClose(t, id).Exit; st.String() != "killed by SIGKILL" {
		t.Errorf("killed by a client: %v", st)
	}
	for key, bad := range map[string]any{local.DataMemoryMax: -1.0, local.DataCPUWeight: "much"} {
		o := script("true")
		o.ResourceData[key] = bad
		if _, err := r.m.CreateSession(nil, o); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s = %v: %v", key, bad, err)
		}
	}
	s.refuse = errors.New("no room")
	if _, err := r.m.CreateSession(nil, script("true")); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a program that cannot be placed: %v", err)
	}
}
