package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
)

// patience is how long a script waits for what must happen. It is long, for a
// busy machine under the race detector; nothing waits for it to pass.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tmux" { // the command that a session has, which the map below would hide
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){
		"xsh":     func() { os.Exit(run()) },
		"pad":     func() { os.Exit(padMain()) },
		"ask":     func() { os.Exit(askMain()) },
		"rounds":  func() { os.Exit(roundsMain()) },
		"lines":   func() { os.Exit(linesMain()) },
		"redraw":  func() { os.Exit(redrawMain()) },
		"standin": func() { os.Exit(standinMain()) },
		"agent":   func() { os.Exit(agentMain()) },
		"listen":  func() { os.Exit(listenMain()) },
		// The same, as another release would have it.
		"xsh-v9": func() {
			linkedVersion = "v9"
			os.Exit(run())
		},
	})
}

// TestScript runs what a user does: each script in testdata/script drives the
// binary, with a server of its own that has to be gone in the end.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition:           condition,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"term": termCommand, "schema": schemaCommand, "console": consoleCommand, "toml": tomlCommand},
	})
}

// condition tells whether what a script asks for in brackets is there.
func condition(what string) (bool, error) {
	switch what {
	case "bash-completion":
		return exists("/usr/share/bash-completion/bash_completion"), nil
	case "bash", "zsh", "fish", "tmux":
		_, err := osexec.LookPath(what)
		return err == nil, nil
	case "mounts":
		return osexec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc").Run() == nil, nil
	case "soak": // make soak: what takes long is done as well
		return os.Getenv("XSH_SOAK") != "", nil
	case "repository":
		return exists("../../.git"), nil
	default:
		return false, fmt.Errorf("unknown condition %q", what)
	}
}

type caches struct{ modules, builds string }

// goCaches tells where go keeps what it fetched and built: a script, which has
// an empty home, need not do all that anew.
var goCaches = sync.OnceValues(func() (caches, error) {
	out, err := osexec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	modules, builds, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return caches{modules, builds}, err
})

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// setup gives a script its own place for everything, and a shell whose words
// are known.
func setup(env *testscript.Env) error {
	// Not below WorkDir: the path of a socket must be short.
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(dir) })
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	// What a new user is told is for the script that is about it.
	state := filepath.Join(env.WorkDir, "state", "xsh")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(state, "attached-before"), nil, 0o600); err != nil {
		return err
	}
	// The system chooses these for a login shell, unless ~/.profile has them.
	profile := "PS1='$ '\nPATH='" + env.Getenv("PATH") + "'\n"
	if err := os.WriteFile(filepath.Join(home, ".profile"), []byte(profile), 0o600); err != nil {
		return err
	}
	repository, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	caches, err := goCaches()
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"REPOSITORY":     repository,
		"PROMPTS":        strconv.Itoa(standinPrompts()),
		"RECIPES":        filepath.Join(repository, "docs", "recipes.md"),
		"GOMODCACHE":     caches.modules,
		"GOCACHE":        caches.builds,
		"XSH_DIR":        dir + "/run",
		"XDG_STATE_HOME": env.WorkDir + "/state",
		"HOME":           home,
		"SHELL":          "/bin/sh",
		"ENV":            "",
		"PS1":            "$ ",
		"TERM":           "xterm-256color",
		"XSH_TITLE":      "false",             // else no terminal is as one without xsh
		"XSH_IDLE":       "1m",                // should this process be killed
		"GORACE":         "atexit_sleep_ms=0", // else each command takes a second
	} {
		env.Setenv(name, value)
	}
	env.Values[termsKey{}] = make(map[string]*term)
	var names []string
	for _, pair := range env.Vars {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	env.Values[envKey{}] = names
	t := env.T().(testing.TB)
	env.Defer(func() { checkProcesses(t, dir) })
	env.Defer(func() { stopServer(t, env) })
	env.Defer(func() {
		for _, tm := range env.Values[termsKey{}].(map[string]*term) {
			tm.close()
		}
	})
	return nil
}

// stopServer ends the script's server, and fails the test if it does not leave
// or has left a fault in its log.
func stopServer(t testing.TB, env *testscript.Env) {
	p, err := paths.Find(env.Getenv)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, p.Socket)
	switch {
	case err == nil:
		left, err := launch.Exit(p)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := c.Stop(ctx); err != nil {
			t.Errorf("stop the server: %v", err)
		}
		c.Close()
		if err := left(ctx); err != nil {
			t.Error(err)
		}
	case !errors.Is(err, client.ErrNoServer):
		t.Error(err)
	}
	log, _ := os.ReadFile(p.Log)
	for _, fault := range []string{"DATA RACE", "panic", "goroutine "} {
		if strings.Contains(string(log), fault) {
			t.Errorf("the server's log tells of a fault:\n%s", log)
			break
		}
	}
}
