package exec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
)

// TestLimits: a session that has as many clients as it may takes no other, but
// those that come back and those that detach the rest; the Manager takes no other
// session, and one that ends makes room.
func TestLimits(t *testing.T) {
	leaktest.Check(t)
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: testHandlers(), TerminalFactory: new(exectest.Terminals).Open,
		Settings: settings.Map{exec.SettingMaxSessions: 1, exec.SettingMaxClients: 1},
	})
	defer m.Close()
	s := tty(t, m, "start", exec.SessionOptions{Name: "one"})
	_, err := m.CreateSession(by("creator"), exec.SessionOptions{Name: "two", TTY: true, ResourcePlugin: "test", ResourceKey: "start"})
	if refused := (*exec.ExecError)(nil); !errors.As(err, &refused) || !strings.Contains(refused.Suggestion, "max_sessions") {
		t.Errorf("a second session: %v", err)
	}
	open := func(o exec.AttachOptions) (*exec.Attachment, error) {
		return m.Open(t.Context(), s.ID, o, outlet{exectest.NewSink()})
	}
	first, err := open(exec.AttachOptions{Client: "me"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = open(exec.AttachOptions{})
	if refused := (*exec.ExecError)(nil); !errors.As(err, &refused) || !strings.Contains(refused.Suggestion, "attach -D") {
		t.Errorf("a second client: %v", err)
	}
	again, err := open(exec.AttachOptions{Client: "me"})
	if err != nil {
		t.Errorf("who comes back: %v", err)
	}
	<-first.Done()
	last, err := open(exec.AttachOptions{DetachOthers: true})
	if err != nil {
		t.Errorf("who detaches the others: %v", err)
	}
	<-again.Done()
	if _, err := last.Detach(t.Context()); err != nil {
		t.Error(err)
	}
}
