package exec_test

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// TestCloseEndsWhatHandlersWaitFor: a handler that only reads its terminal, and
// one that only waits for sizes, end with the manager, also by a clock that
// nobody moves.
func TestCloseEndsWhatHandlersWaitFor(t *testing.T) {
	leaktest.Check(t)
	type handler = exec.TTYHandlerFunc
	for name, run := range map[string]handler{
		"reads": func(_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
			go func() {
				_, err := io.Copy(io.Discard, tty)
				stop <- err
			}()
			return nil
		},
		"waits for sizes": func(_ *types.PluginContext, _ exec.SessionOptions, _ *os.File, stop chan error, sizes <-chan exec.SessionResizeInput) error {
			go func() {
				for range sizes {
				}
				stop <- nil
			}()
			return nil
		},
	} {
		h := exec.Handler{Plugin: "test", Resource: "h", TTYHandler: run, HandlesResize: true}
		m := exec.NewManager(exec.ManagerConfig{
			Handlers: map[string]exec.Handler{h.ID(): h}, TerminalFactory: new(exectest.Terminals).Open,
			Clock: exectest.NewClock(time.Unix(0, 0)),
		})
		if _, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "h"}); err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		began := time.Now()
		go func() {
			m.Close()
			close(closed)
		}()
		select {
		case <-closed:
			t.Logf("%s: closed in %v", name, time.Since(began).Round(time.Millisecond))
		case <-time.After(exectest.Patience):
			t.Fatalf("%s: Close does not return", name)
		}
	}
}
