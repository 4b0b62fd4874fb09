package exec_test

import (
	"context"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// echoes is the Outlet of a client that keeps up. It tells of each output.
type echoes chan struct{}

func (e echoes) Send(ctx context.Context, _ exec.StreamOutput) bool {
	select {
	case e <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e echoes) TrySend(exec.StreamOutput) bool {
	e <- struct{}{}
	return true
}

func (e echoes) Chunk() int                  { return 64 << 10 }
func (e echoes) Delay(n int64) time.Duration { return 0 }

// A key and its echo leave nothing for the garbage collector.
func TestKeyMakesNoGarbage(t *testing.T) {
	st := newStage(t, small, exec.ManagerConfig{})
	out := make(echoes, 16)
	a, err := st.m.Open(t.Context(), st.id, exec.AttachOptions{Size: small}, out)
	if err != nil {
		t.Fatal(err)
	}
	key, typed, read := []byte("x"), int64(0), make([]byte, 1)
	press := func() {
		if err := a.TypeAt(typed, key, false); err != nil {
			t.Fatal(err)
		}
		typed++
		st.tty.Read(read)
		st.tty.Write(read)
		<-out
	}
	for range 10 {
		press()
	}
	if n := testing.AllocsPerRun(100, press); n >= 1 {
		t.Errorf("a key makes %v allocations", n)
	}
}
