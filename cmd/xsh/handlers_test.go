package main

import (
	"log/slog"
	"os"
	"testing"

	"github.com/xsh-project/xsh/pkg/handler/local"
)

// TestHandlers: what --on names is what the server has, and a handler is sent what is
// its own and nothing else of this client.
func TestHandlers(t *testing.T) {
	made := makeHandlers(serving{log: slog.New(slog.DiscardHandler)})
	if len(made) != len(handlerKinds()) || made[defaultHandler].ID() == "" {
		t.Errorf("handlers %v", made)
	}
	for key, h := range made {
		if h.ID() != key {
			t.Errorf("%s is called %s", key, h.ID())
		}
	}
	a := &app{in: os.Stdin}
	p := program{dir: "/", env: []string{"SECRET=x"}, leadsAgent: true}
	data := a.sessionData(local.Key, p)
	for _, key := range []string{local.DataDir, local.DataEnv, local.DataUmask, local.DataAgent} {
		if data[key] == nil {
			t.Errorf("%s is not told %q", local.Key, key)
		}
	}
	if data := a.sessionData("some/other", p); len(data) > 0 {
		t.Errorf("an unknown handler is told %v", data)
	}
}
