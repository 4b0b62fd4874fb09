package server

import (
	"context"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// settleAfter is how long changes of the server's place may go on before it is
// looked at: what removes a directory removes several things.
const settleAfter = 10 * time.Millisecond

// lookEvery is how often the place is looked at where nothing tells of changes.
const lookEvery = 5 * time.Second

// requests are what a server is told by signals.
type requests struct {
	place  chan os.Signal // SIGUSR1: put back what is missing of the place
	reopen chan os.Signal // SIGHUP, on which a terminal's programs end: open the log anew
}

// takeSignals keeps signals from ending the process, from now on and for good:
// clients send SIGUSR1 to whoever holds the pid file, be it just starting or
// about to leave, and a log that nobody reads any more gives SIGPIPE.
func takeSignals() requests {
	r := requests{make(chan os.Signal, 1), make(chan os.Signal, 1)}
	signal.Notify(r.place, unix.SIGUSR1)
	signal.Notify(r.reopen, unix.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	return r
}

// keepPlace puts back what is missing of the server's place until ctx ends: when
// something happens there, and when somebody asks for it.
func keepPlace(ctx context.Context, p *place, asked requests, cfg Config) {
	w := newWatcher(p.paths.Dir)
	defer w.close()
	said := ""
	for {
		// First the watch: what happens after it is told.
		w.renew()
		changed, err := p.hold()
		switch {
		case err != nil && err.Error() != said:
			said = err.Error()
			cfg.Logger.Error("clients cannot find the server", "error", err)
		case err == nil && changed:
			said = ""
			cfg.Logger.Info("put back what was removed", "socket", p.paths.Socket)
		}
		select {
		case <-ctx.Done():
			return
		case <-asked.place:
		case <-asked.reopen:
			if cfg.Reopen != nil {
				cfg.Reopen()
			}
		case <-w.events:
		case <-w.tick:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(settleAfter):
		}
	}
}
