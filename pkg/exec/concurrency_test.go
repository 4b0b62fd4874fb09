package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// newFakes returns a manager of sessions on fake terminals.
func newFakes(t testing.TB) (*exec.Manager, *exectest.Terminals) {
	t.Helper()
	var terminals exectest.Terminals
	m := exec.NewManager(exec.ManagerConfig{
		Handlers:        testHandlers(),
		Settings:        settings.Map{exec.SettingEndedSessions: 2000, exec.SettingBufferBytes: 64 << 10},
		TerminalFactory: terminals.Open,
	})
	t.Cleanup(m.Close)
	return m, &terminals
}

func TestThousandSessions(t *testing.T) {
	leaktest.Check(t)
	const sessions = 1000
	m, terminals := newFakes(t)
	u := connect(t, m, "u")
	var creating sync.WaitGroup
	for i := range sessions {
		creating.Go(func() {
			id := fmt.Sprint("s", i)
			if _, err := m.CreateSession(by("creator"), exec.SessionOptions{
				ID: id, NameHint: "name", ResourcePlugin: "test", ResourceKey: "start", TTY: true,
			}); err != nil {
				t.Errorf("create: %v", err)
				return
			}
			if _, err := m.Attach(u.ctx, id, exec.AttachOptions{Resume: true}); err != nil {
				t.Errorf("attach: %v", err)
			}
		})
	}
	creating.Wait()
	list, err := m.ListSessions(nil)
	if err != nil || len(list) != sessions {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	names := map[string]bool{}
	for _, s := range list {
		names[s.Name] = true
		u.typ(s.ID, "say to "+s.ID)
	}
	if len(names) != sessions || !names["name"] || !names["name-1000"] {
		t.Errorf("%d names", len(names))
	}
	for _, s := range list {
		u.out.WaitText(t, s.ID, "to "+s.ID+"\n")
	}
	var killing sync.WaitGroup
	for _, s := range list {
		killing.Go(func() {
			if got, err := m.Kill(nil, s.Name, exec.StreamSignalNone); err != nil || *got.Exit != hungUp {
				t.Errorf("kill: %+v, %v", got, err)
			}
		})
	}
	killing.Wait()
	for _, s := range list {
		u.out.WaitClose(t, s.ID)
	}
	for _, term := range terminals.Made() {
		if !term.Closed() {
			t.Fatal("a terminal is open still")
		}
	}
}

// TestEverythingAtOnce has many clients do anything to few sessions. Whatever
// comes of it is an answer or one of our errors.
func TestEverythingAtOnce(t *testing.T) {
	for _, remote := range []bool{false, true} {
		t.Run(map[bool]string{false: "Manager", true: "PluginClient"}[remote], func(t *testing.T) {
			leaktest.Check(t)
			m, _ := newFakes(t)
			var p exec.SessionProvider = m
			if remote {
				p = serve(t, m)
			}
			var clients sync.WaitGroup
			for i := range 8 {
				u := connect(t, p, fmt.Sprint("client ", i))
				clients.Go(func() { u.doAnything(rand.New(rand.NewPCG(3, uint64(i)))) })
			}
			clients.Wait()
			m.Close()
			if list, _ := m.ListSessions(nil); len(list) != 0 {
				t.Errorf("after Close there are %d active sessions", len(list))
			}
		})
	}
}

func (u *user) doAnything(rnd *rand.Rand) {
	for range 300 {
		id := fmt.Sprint("s", rnd.IntN(4))
		var err error
		switch rnd.IntN(12) {
		case 0, 1, 2:
			_, err = u.p.CreateSession(u.ctx, exec.SessionOptions{
				ID: id, NameHint: "n", ResourcePlugin: "test", ResourceKey: "start", TTY: true, Command: []string{"lines 50"},
			})
		case 3:
			err = u.p.CloseSession(u.ctx, id)
		case 4, 5:
			_, _, err = u.p.AttachSession(u.ctx, id)
		case 6:
			_, err = u.p.Attach(u.ctx, id, exec.AttachOptions{
				Size: size(1+rnd.IntN(40), 1+rnd.IntN(100)), DetachOthers: rnd.IntN(2) == 0, ReadOnly: rnd.IntN(4) == 0,
			})
		case 7:
			_, err = u.p.DetachSession(u.ctx, id)
		case 8:
			err = u.p.ResizeSession(u.ctx, id, int32(1+rnd.IntN(40)), int32(1+rnd.IntN(100)))
		case 9:
			_, err = u.p.Kill(u.ctx, id, exec.StreamSignal(rnd.IntN(3)))
		case 10:
			err = u.p.Remove(u.ctx, id)
		case 11:
			u.typ(id, "exit 3")
		}
		var ours *exec.ExecSessionError
		if err != nil && !errors.As(err, &ours) {
			u.t.Errorf("error %v (%T)", err, err)
		}
	}
}

func TestClosedWhileAttaching(t *testing.T) {
	leaktest.Check(t)
	m, _ := newFakes(t)
	for range 100 {
		s := tty(t, m, "start", exec.SessionOptions{})
		u := connect(t, m, "u")
		var both sync.WaitGroup
		both.Go(func() { m.CloseSession(nil, s.ID) })
		both.Go(func() { m.CloseSession(nil, s.ID) })
		at := u.attach(s.ID, exec.AttachOptions{Replay: exec.ReplayRaw})
		both.Wait()
		if out := u.out.WaitClose(t, s.ID); out.Exit == nil || *out.Exit != hungUp {
			t.Fatalf("attached to %+v, then told %+v", at.Session, out)
		}
		u.hangUp()
	}
}

// TestManagerCloseWithEverythingInFlight: Close returns, and all that was
// under way ends.
func TestManagerCloseWithEverythingInFlight(t *testing.T) {
	leaktest.Check(t)
	for range 2 {
		m, terminals := newFakes(t)
		users := []*user{connect(t, m, "a"), connect(t, m, "")}
		for _, resource := range []string{"start", "deaf", "resize", "command"} {
			s := create(t, m, resource, exec.SessionOptions{TTY: resource != "command", Command: []string{"wait"}})
			for _, u := range users {
				u.attachPlain(s.ID)
			}
		}
		stuck := tty(t, m, "start", exec.SessionOptions{Command: []string{"lines 100000"}})
		end := attachStuck(t, m, stuck.ID, "stuck")
		var calls sync.WaitGroup
		began := make(chan struct{}, 100)
		for i := range 10 {
			calls.Go(func() {
				began <- struct{}{}
				for {
					s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "start", TTY: true})
					if err != nil {
						checkError(t, err, &exec.ExecSessionError{Code: exec.ErrCodeSessionClosed, Message: "the session manager is closed"})
						return
					}
					m.AttachSession(by(fmt.Sprint(i)), s.ID)
					m.Kill(nil, s.ID, exec.StreamSignalNone)
				}
			})
		}
		for range 10 {
			<-began
		}
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(m.Close)
		}
		closing.Wait()
		calls.Wait()
		for _, u := range users {
			u.out.WaitEnd(t)
		}
		end()
		for _, term := range terminals.Made() {
			if !term.Closed() {
				t.Fatal("a terminal is open still")
			}
		}
		if list, err := m.ListSessions(nil); err != nil || len(list) != 0 {
			t.Errorf("after Close: %d sessions, %v", len(list), err)
		}
		if _, err := m.Stream(context.Background(), nil); !errors.Is(err, exec.ErrSessionClosed) {
			t.Errorf("after Close a stream opens: %v", err)
		}
	}
}

// TestHandlerThatNeverEnds: its session does, and its Close; what it holds is
// its own.
func TestHandlerThatNeverEnds(t *testing.T) {
	leaktest.Check(t)
	release := make(chan struct{})
	var running sync.WaitGroup
	running.Add(2)
	defer running.Wait()
	defer close(release)
	m := exec.NewManager(exec.ManagerConfig{
		TerminalFactory: new(exectest.Terminals).Open,
		Handlers: map[string]exec.Handler{"/never": {
			TTYHandler: func(*types.PluginContext, exec.SessionOptions, *os.File, chan error, <-chan exec.SessionResizeInput) error {
				defer running.Done()
				<-release
				return nil
			},
			CommandHandler: func(*types.PluginContext, exec.SessionOptions) (stdout, stderr io.Reader, err error) {
				r := blockedReader{release, &running}
				return r, nil, nil
			},
		}},
	})
	for _, onTTY := range []bool{true, false} {
		s, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "never", TTY: onTTY})
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Kill(nil, s.ID, exec.StreamSignalNone)
		if err != nil || got.Exit.Code != 1 || got.Exit.Message != "the handler did not say how the program ended" {
			t.Errorf("killed: %+v, %v", got, err)
		}
	}
	m.Close()
}

type blockedReader struct {
	release chan struct{}
	running *sync.WaitGroup
}

func (r blockedReader) Read([]byte) (int, error) {
	defer r.running.Done()
	<-r.release
	return 0, io.EOF
}
