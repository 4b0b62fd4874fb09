package exec_test

import (
	"errors"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// TestSwitch: the client that leads is told where to go, and no other.
func TestSwitch(t *testing.T) {
	st := newStage(t, exec.Size{Rows: 5, Cols: 20}, fake())
	to, err := st.m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "stage", Name: "to"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.m.Switch(nil, st.id, "to"); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("with nobody attached: %v", err)
	}
	stays, _ := st.open(exec.AttachOptions{CanMove: true})
	moves, out := st.open(exec.AttachOptions{CanMove: true})
	for _, ref := range []string{st.id, "nosuch"} {
		if _, err := st.m.Switch(nil, st.id, ref); err == nil {
			t.Errorf("switched to %q", ref)
		}
	}
	got, err := st.m.Switch(nil, st.id, "to")
	if err != nil || got.ID != to.ID {
		t.Fatalf("switched to %+v: %v", got, err)
	}
	<-moves.Done()
	if o := out.WaitClose(t, st.id); !o.Detached || o.MoveTo != to.ID {
		t.Errorf("the client was told %+v", o)
	}
	select {
	case <-stays.Done():
		t.Error("the other client was moved as well")
	default:
	}
	stays.Detach(t.Context())

	// A client of before this could be known is not sent away.
	old, _ := st.open(exec.AttachOptions{})
	if _, err := st.m.Switch(nil, st.id, "to"); !errors.Is(err, exec.ErrTerminalError) || old.Why() != exec.EndNone {
		t.Errorf("an old client: %v, %v", err, old.Why())
	}
}
