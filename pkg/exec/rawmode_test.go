package exec_test

import (
	"io"
	"os"
	"testing"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// TestHandlerReadsWhatIsTyped: a handler that reads the real pty itself gets each
// key as it was typed, and Enter is "\r".
func TestHandlerReadsWhatIsTyped(t *testing.T) {
	leaktest.Check(t)
	const typed = "Ada\r"
	read := make(chan string, 1)
	h := exec.Handler{Resource: "reader", TTYHandler: func(
		_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput,
	) error {
		go func() { // ends with the terminal at the latest
			line := make([]byte, len(typed))
			n, err := io.ReadFull(tty, line)
			read <- string(line[:n])
			stop <- err
		}()
		return nil
	}}
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer m.Close()
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Type(nil, s.ID, exec.Input{Text: []byte("Ada")}, exec.Input{Key: "Enter"}); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, m, s.ID)
	if got := <-read; got != typed {
		t.Errorf("the handler read %q, want %q", got, typed)
	}
}
