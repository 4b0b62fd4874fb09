package exec_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// TestSlowStart: a start that takes as long as it takes is no end. A hundred programs
// that were started at once on a busy machine had ended at once as well.
func TestSlowStart(t *testing.T) {
	clock := exectest.NewClock(time.Now())
	clock.AdvanceByItself() // half a second is over as soon as somebody waits for it
	var returned atomic.Bool
	h := exec.Handler{Resource: "slow", ReturnsAtStart: true, TTYHandler: func(
		ctx *types.PluginContext, _ exec.SessionOptions, _ *os.File, stop chan error, _ <-chan exec.SessionResizeInput,
	) error {
		time.Sleep(50 * time.Millisecond)
		go func() {
			<-ctx.Ctx().Done()
			stop <- nil
		}()
		returned.Store(true)
		return nil
	}}
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}, Clock: clock})
	defer m.Close()
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "slow"})
	if err != nil || !returned.Load() {
		t.Fatalf("created before the program was started: %v, %v", returned.Load(), err)
	}
	if now, err := m.GetSession(nil, s.ID); err != nil || now.Exit != nil {
		t.Errorf("the session ended with its handler's return: %+v, %v", now.Exit, err)
	}
}
