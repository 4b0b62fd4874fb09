package exec_test

import (
	"context"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/types"
)

// TestAdoptedStateIsWaitedFor: a wait that begins before the model of an adopted session
// has read what the program told of its state ends with that.
func TestAdoptedStateIsWaitedFor(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	first := newKeptManager(t, h)
	t.Cleanup(first.Close)
	const script = `i=0; while [ $i -lt 2000 ]; do echo a line of text on its way; i=$((i+1)); done; printf '\033]9;4;1;30\a'; exec cat`
	var ids []string
	for range 10 {
		s, err := first.CreateSession(nil, exec.SessionOptions{
			TTY: true, Size: small, ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: []string{"/bin/sh", "-c", script},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.ID)
	}
	if len(h.all()) != len(ids) {
		t.Skip("this system has no memory that outlives a process")
	}
	working := func(m *exec.Manager, id string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := m.Wait(&types.PluginContext{Context: ctx}, id, exec.WaitOptions{For: exec.WaitState, Pattern: "working"})
		if err != nil {
			s, _ := m.GetSession(nil, id)
			t.Errorf("wait: %v; the state is %+v", err, s.State)
		}
	}
	for _, id := range ids {
		working(first, id)
	}
	second := newKeptManager(t, h)
	t.Cleanup(second.Close)
	if errs := second.Adopt(h.all()); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, id := range ids {
		working(second, id)
	}
}
