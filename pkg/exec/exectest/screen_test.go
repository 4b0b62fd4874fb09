package exectest_test

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// failing is a testing.TB that notes how a test fails.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = strings.TrimSpace(format)
	for _, arg := range args {
		if text, ok := arg.(string); ok {
			f.said += " " + text
		}
	}
	runtime.Goexit()
}

// TestWaitText: the drawn screen is what counts, not the bytes; a test that fails
// shows it.
func TestWaitText(t *testing.T) {
	end := make(chan error)
	h := exec.Handler{Resource: "drawn", TTYHandler: func(
		_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput,
	) error {
		io.WriteString(tty, "\x1b[3;3Hdrawn\x1b[3;1Hit is")
		go func() { stop <- <-end }()
		return nil
	}}
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer m.Close()
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "drawn"})
	if err != nil {
		t.Fatal(err)
	}
	if screen := exectest.WaitText(t, m, s.ID, `^it iswn$`); screen.Lines[2].Text != "it iswn" {
		t.Errorf("it shows %q", screen.Text())
	}
	end <- nil
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		exectest.WaitText(f, m, s.ID, "never")
	}()
	<-done
	if !strings.Contains(f.said, "it iswn") {
		t.Errorf("a test that fails says %q", f.said)
	}
}

// TestClockByItself: what waits for an hour has waited for it.
func TestClockByItself(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := exectest.NewClock(start)
	before := c.After(time.Minute)
	c.AdvanceByItself()
	<-before
	for range 3 {
		<-c.After(time.Hour)
	}
	if now := c.Now(); !now.Equal(start.Add(3*time.Hour + time.Minute)) {
		t.Errorf("it is %v", now)
	}
}
