package server

import (
	"context"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long changes of the server's place may go on before it is
// looked at: what removes a directory removes several things.
const settle = 10 * time.Millisecond

// lookEvery is how often the place is looked at where nothing tells of changes.
const lookEvery = 5 * time.Second

// keepPlace puts back what is missing of the server's place until ctx ends: when
// something happens there, and when somebody asks for it with SIGUSR1. SIGHUP,
// on which a terminal's programs end, only has the log opened anew.
func keepPlace(ctx context.Context, p *place, cfg Config) {
	asked, hangup := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1)
	defer signal.Stop(asked)
	signal.Notify(hangup, unix.SIGHUP)
	defer signal.Stop(hangup)
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
		case <-asked:
		case <-hangup:
			if cfg.Reopen != nil {
				cfg.Reopen()
			}
		case <-w.events:
		case <-w.tick:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(settle):
		}
	}
}
