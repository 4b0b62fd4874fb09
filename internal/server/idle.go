package server

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/stats"
)

// connections counts the clients that are connected.
type connections struct {
	mu      sync.Mutex
	n       int
	changed chan struct{} // holds at most one piece of news
}

func newConnections() *connections {
	return &connections{changed: make(chan struct{}, 1)}
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// HandleConn implements stats.Handler.
func (c *connections) HandleConn(_ context.Context, s stats.ConnStats) {
	d := 0
	switch s.(type) {
	case *stats.ConnBegin:
		d = 1
	case *stats.ConnEnd:
		d = -1
	}
	c.add(d)
}

// add counts d more clients.
func (c *connections) add(d int) {
	c.mu.Lock()
	c.n += d
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// TagConn implements stats.Handler.
func (c *connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// TagRPC implements stats.Handler.
func (c *connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC implements stats.Handler.
func (c *connections) HandleRPC(context.Context, stats.RPCStats) {}

// watchIdle calls leave once there has been neither a client nor a session for
// the configured time. It looks when that time is over, and then again only
// after something has changed: an idle server sleeps.
func watchIdle(ctx context.Context, cfg Config, conns *connections, leave func()) {
	timer := time.NewTimer(cfg.IdleExit)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-conns.changed:
			timer.Reset(cfg.IdleExit)
		case <-timer.C:
			sessions, _ := cfg.Sessions.ListSessions(nil)
			switch {
			case conns.count() > 0: // its end is a change
			case len(sessions) > 0:
				timer.Reset(cfg.IdleExit) // its end is not
			default:
				leave()
				return
			}
		}
	}
}
