// Command xsh keeps terminal sessions that you can leave and come back to.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/xsh-project/xsh/internal/early"
)

func main() { os.Exit(run()) }

// run is main with a result, for tests that run the binary in their process.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP,
		syscall.SIGQUIT) // the detach key, typed when the terminal is not raw
	defer stop()
	if early.Quit() {
		stop()
	}
	app := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	return report(os.Stderr, newRootCommand(app).ExecuteContext(ctx))
}
