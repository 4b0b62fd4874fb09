package exec_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// stage is a session whose program is the test: it writes to tty and reads
// from it.
type stage struct {
	t   testing.TB
	m   *exec.Manager
	id  string
	tty *os.File
	end chan error // how the program ends

	written int64
}

// newStage makes a session of that size. The zero config has a real pty; its
// handlers are set here.
func newStage(t testing.TB, size exec.Size, cfg exec.ManagerConfig) *stage {
	t.Helper()
	return newStageOf(t, exec.SessionOptions{Size: size}, cfg)
}

// newStageOf is newStage for a session with other options.
func newStageOf(t testing.TB, o exec.SessionOptions, cfg exec.ManagerConfig) *stage {
	t.Helper()
	st := &stage{t: t, end: make(chan error, 1)}
	ready := make(chan *os.File, 4)
	cfg.Handlers = map[string]exec.Handler{"test/stage": {
		Plugin: "test", Resource: "stage",
		TTYHandler: func(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
			ready <- tty
			go func() {
				select {
				case err := <-st.end:
					stop <- err
				case <-ctx.Ctx().Done():
					stop <- nil
				}
			}()
			return nil
		},
	}}
	st.m = exec.NewManager(cfg)
	t.Cleanup(st.m.Close)
	o.ResourcePlugin, o.ResourceKey, o.TTY = "test", "stage", true
	s, err := st.m.CreateSession(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	st.id, st.tty = s.ID, <-ready
	return st
}

// fake is a config with a terminal that is no pty.
func fake() exec.ManagerConfig {
	return exec.ManagerConfig{TerminalFactory: new(exectest.Terminals).Open}
}

// write prints as the program.
func (st *stage) write(p []byte) {
	st.t.Helper()
	n, err := st.tty.Write(p)
	st.written += int64(n)
	if err != nil {
		st.t.Fatal(err)
	}
}

// print is write that waits until the model has it.
func (st *stage) print(text string) {
	st.t.Helper()
	st.write([]byte(text))
	st.settle()
}

// settle waits until the model has taken in all that was written.
func (st *stage) settle() *vt.Snapshot {
	st.t.Helper()
	changed, stop := st.m.WatchScreen(st.id)
	defer stop()
	deadline := time.After(exectest.Patience)
	for {
		snap, at := st.m.Screen(st.id)
		if at >= st.written {
			return snap
		}
		select {
		case <-changed:
		case <-deadline:
			st.t.Fatalf("the model has %d of %d bytes", at, st.written)
		}
	}
}

// size is the session's.
func (st *stage) size() exec.Size {
	s, err := st.m.GetSession(nil, st.id)
	if err != nil {
		st.t.Fatal(err)
	}
	return s.Size
}

// input reads what clients typed until it ends with text, and returns it all.
func (st *stage) input(text string) string {
	st.t.Helper()
	if err := st.tty.SetReadDeadline(time.Now().Add(exectest.Patience)); err != nil {
		st.t.Fatal(err)
	}
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(got, []byte(text)) {
		n, err := st.tty.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			st.t.Fatalf("the program read %q, not %q: %v", got, text, err)
		}
	}
	return string(got)
}
