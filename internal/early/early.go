// Package early takes the quit signal from Go before the rest of the process is
// set up. Ctrl-\ is the detach key, and a terminal that is not raw yet makes a
// signal of it, for which Go would print what every goroutine does. Packages are
// set up in the order of their paths once all that they import is: this one
// imports os/signal alone, and so comes before nearly all others. What is typed
// while Go sets up itself, about a millisecond, still has its way.
//
// The signal is ignored until somebody asks for it. To be told of it instead
// would cost every command the start of two threads.
package early

import (
	"os/signal"
	"syscall"
)

func init() { signal.Ignore(syscall.SIGQUIT) }
