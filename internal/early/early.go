// Package early takes the quit signal from Go before the rest of the process is
// set up. Ctrl-\ is the detach key, and a terminal that is not raw yet makes a
// signal of it, for which Go would print what every goroutine does. Packages are
// set up in the order of their paths once all that they import is: this one
// imports os/signal alone, and so comes before nearly all others. What is typed
// while Go sets up itself, about a millisecond, still has its way.
package early

import (
	"os"
	"os/signal"
	"syscall"
)

var quit = make(chan os.Signal, 1)

func init() { signal.Notify(quit, syscall.SIGQUIT) }

// Quit reports whether the process has had the quit signal. The caller has
// asked to be told of later ones before: from then on nobody listens here.
func Quit() bool {
	signal.Stop(quit)
	select {
	case <-quit:
		return true
	default:
		return false
	}
}
