package server

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/xsh-project/xsh/internal/peer"
	"github.com/xsh-project/xsh/pkg/logging"
)

// accept gives each connection that comes in on l to give, but closes those of
// other users. It returns when l is closed; whatever else goes wrong, too many
// open files for one, passes.
func accept(l net.Listener, log logging.Logger, give func(net.Conn)) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			log.Error("cannot accept a client", "error", err)
			time.Sleep(pause)
			pause = min(2*pause, longest)
			continue
		}
		pause = shortest
		if uid, err := peer.UID(c); err != nil || uid != os.Geteuid() {
			log.Warn("refused a client of another user", "uid", uid, "error", err)
			c.Close()
			continue
		}
		give(c)
	}
}
