package main

import (
	"log/slog"
	"maps"
	"os"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/scope"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// handlerKind is a kind of sessions: who starts their programs, in the server, and
// which session data a client sends along, which is what that handler reads and
// nothing else of what surrounds the client.
type handlerKind struct {
	key  string // PLUGIN/RESOURCE, as --on names it
	make func(s serving) exec.Handler
	data func(a *app, p program) map[string]any
}

// serving is what handlers get of the server that they run in.
type serving struct {
	paths paths.Paths
	log   *slog.Logger
	kept  *server.Kept // nil without a keeper
	user  string       // whose it is; empty if nobody knows
}

// program is what the user asked for of a new session's program, beside its command.
type program struct {
	dir        string // absolute
	env        []string
	leadsAgent bool // SSH_AUTH_SOCK is to lead to the agent of whoever leads the session
	plainShell bool // a shell is started as it is, without our script
	limits     limitFlags
}

// handlerKinds is the table of what sessions there are; the first is the default.
func handlerKinds() []handlerKind {
	return []handlerKind{
		{local.Key, newLocal, localData},
	}
}

// defaultHandler is the key of the handler that starts a session which names none.
const defaultHandler = local.Key

// handlerKeys are the keys of all.
func handlerKeys() (keys []string) {
	for _, k := range handlerKinds() {
		keys = append(keys, k.key)
	}
	return keys
}

// makeHandlers returns what a Manager is to have.
func makeHandlers(s serving) map[string]exec.Handler {
	all := make(map[string]exec.Handler)
	for _, k := range handlerKinds() {
		all[k.key] = k.make(s)
	}
	return all
}

// sessionData is what a new session's handler is told. One that is not in the table
// may be the server's all the same, and is told nothing of this client.
func (a *app) sessionData(key string, p program) map[string]any {
	for _, k := range handlerKinds() {
		if k.key == key {
			return k.data(a, p)
		}
	}
	return nil
}

func newLocal(s serving) exec.Handler {
	cfg := local.Config{
		Socket: s.paths.Socket, ShellDir: shellDir(s.paths), Logger: s.log,
		Scopes: scope.New(scope.Config{Bus: s.paths.Bus, UID: os.Getuid(), User: s.user}),
	}
	if s.kept != nil {
		cfg.Ended = s.kept.ProgramEnded
	}
	return local.New(cfg)
}

// localData are a program's surroundings as it would find them if it were started
// here: directory and environment, umask, limits and niceness, and how the keyboard
// of the terminal, if there is one, is set up.
func localData(a *app, p program) map[string]any {
	data := map[string]any{local.DataDir: p.dir, local.DataEnv: p.env}
	maps.Copy(data, local.Surroundings())
	if keys := local.Terminal(a.in); keys != nil {
		data[local.DataTerminal] = keys
	}
	if p.leadsAgent {
		data[local.DataAgent] = true
	}
	if p.plainShell {
		data[local.DataPlainShell] = true
	}
	p.limits.addToData(data)
	return data
}
