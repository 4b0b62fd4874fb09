package exec_test

import (
	"slices"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
)

// TestLeaderIsToldBeforeItTypes: a handler that takes its time to learn who leads keeps
// no attach waiting, but what the leader types, and what is typed when it has left.
func TestLeaderIsToldBeforeItTypes(t *testing.T) {
	hold, told := make(chan struct{}), make(chan []string, 10)
	handlers := testHandlers()
	h := handlers["test/start"]
	h.Leads = func(_ string, env []string) {
		<-hold
		told <- env
	}
	handlers[h.ID()] = h
	m := exec.NewManager(exec.ManagerConfig{Handlers: handlers, Settings: testSettings})
	t.Cleanup(m.Close)
	s := tty(t, m, h.Resource, exec.SessionOptions{})
	a, err := m.Open(t.Context(), s.ID, exec.AttachOptions{Size: small, Environment: []string{"WHO=a"}}, outlet{exectest.NewSink()})
	if err != nil {
		t.Fatal(err)
	}
	go close(hold)
	if err := a.Type(t.Context(), []byte("x")); err != nil {
		t.Error(err)
	}
	select {
	case env := <-told:
		if !slices.Equal(env, []string{"WHO=a"}) {
			t.Errorf("its environment is %q", env)
		}
	default:
		t.Error("it typed before it was told who leads")
	}
	if _, err := a.Detach(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := m.Type(by("somebody"), s.ID, exec.Input{Text: []byte("y")}); err != nil {
		t.Error(err)
	}
	select {
	case env := <-told:
		if env != nil {
			t.Errorf("when nobody leads the environment is %q", env)
		}
	default:
		t.Error("somebody typed before it was told that nobody leads")
	}
}
