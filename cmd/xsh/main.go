// Command xsh keeps terminal sessions that you can leave and come back to.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	_ "github.com/xsh-project/xsh/internal/early" // the quit signal is nobody's until catchSignals
)

func main() { os.Exit(run()) }

// quick is how long a command runs before it catches signals. To catch one wakes
// a thread twice, which ls, or an attach, would be kept waiting for. A signal
// that comes before just ends the command, which has nothing to put in order yet.
const quick = 30 * time.Millisecond

// run is main with a result, for tests that run the binary in their process.
func run() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	app := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	app.catchSignals = sync.OnceFunc(func() {
		told, _ := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP,
			syscall.SIGQUIT) // the detach key, typed when the terminal is not raw
		context.AfterFunc(told, cancel)
	})
	defer time.AfterFunc(quick, app.catchSignals).Stop()
	return report(os.Stderr, newRootCommand(app, typed(os.Args)).ExecuteContext(ctx))
}

// typed is what was typed behind xsh. A link called tmux is for tools that know nothing
// else; see newTmuxCommand.
func typed(args []string) []string {
	if filepath.Base(args[0]) == "tmux" {
		return append([]string{"tmux"}, args[1:]...)
	}
	return args[1:]
}
