package exec_test

import (
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
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

// TestStartThatHangsAtAHandover: a program that does not start keeps no other server
// from taking over; who asked for it is told. What starts in time is handed over.
func TestStartThatHangsAtAHandover(t *testing.T) {
	leaktest.Check(t)
	answers := make(chan struct{})
	asked := make(chan string, 2)
	hanging := func(ctx *types.PluginContext, o exec.SessionOptions, _ *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
		asked <- o.Name
		if o.Name == "hangs" {
			<-answers
		}
		go func() {
			<-ctx.Ctx().Done()
			stop <- nil
		}()
		return nil
	}
	h := exec.Handler{Resource: "slow", ReturnsAtStart: true, TTYHandler: hanging}
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: map[string]exec.Handler{h.ID(): h}, TerminalFactory: new(exectest.Terminals).Open,
	})
	defer m.Close()
	create := func(name string) error {
		_, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "slow", Name: name, ID: name})
		return err
	}
	if err := create("starts"); err != nil {
		t.Fatal(err)
	}
	<-asked
	told := make(chan error, 1)
	go func() { told <- create("hangs") }()
	<-asked
	resume := m.Suspend()
	var why *exec.ExecError
	if err := <-told; !errors.As(err, &why) || why.Err.Error() != `the program of session "hangs" did not start before another server took over` {
		t.Errorf("who asked for a session is told %v", err)
	}
	resume() // nobody took over
	close(answers)
	list, err := m.ListSessions(nil)
	if err != nil || !slices.Equal(names(list), []string{"starts"}) {
		t.Errorf("there are %q, %v", names(list), err)
	}
	if err := create("hangs"); err != nil {
		t.Errorf("the name of the session that did not start: %v", err)
	}
}
