package server

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/turns"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Config configures a server.
type Config struct {
	Paths    paths.Paths
	Version  string
	Logger   logging.Logger
	Sessions *exec.Manager // closed when the server leaves
	// Kept is the keeper, that of Sessions as well; nil if the sessions end with
	// the server.
	Kept *Kept
	// ServerArgs and KeeperArgs are what a program is called with to be the
	// server that a keeper starts, and the keeper. No release may change them.
	ServerArgs, KeeperArgs []string
	// TakeOver is how long another server may take to get ready at an upgrade;
	// zero means 20 seconds.
	TakeOver time.Duration
	// IdleExit is how long the server stays without a session and a client;
	// zero means for ever.
	IdleExit time.Duration
	// Ready is called once clients can connect.
	Ready func()
	// Reopen, if not nil, opens the log anew; it is called at SIGHUP.
	Reopen func()
}

func (c Config) command(program string) []string { return append([]string{program}, c.ServerArgs...) }

func (c Config) keeperCommand(program string) []string {
	return append([]string{program}, c.KeeperArgs...)
}

// ErrRunning is returned by Serve when another server of this user runs.
var ErrRunning = launch.ErrRunning

// Why a server left, as its log tells it.
var (
	errIdle    = errors.New("no session and no client")
	errStopped = errors.New("stopped by a client")
)

// Flow control windows: small, so that a client that stops reading holds back
// little memory; large enough for full speed on a local socket.
const (
	streamWindow = 256 << 10
	connWindow   = 1 << 20
)

// maxRequest bounds what a client can make the server take in at once.
const maxRequest = 4 << 20

// leaveWithin bounds how long a server that leaves waits for its sessions: their
// programs have SIGKILL by then, and what is still busy is busy with what
// nobody will see.
const leaveWithin = 4 * time.Second

// lastCalls is how long calls under way may take to end when the server
// leaves.
const lastCalls = time.Second

// Serve runs the server until ctx ends, a client stops it or it has been idle.
// It then lets another server take its place, ends every session, waits for all
// it started, within bounds, and leaves nothing behind. With a keeper it begins
// with the sessions that the keeper holds, and may leave without ending them.
func Serve(ctx context.Context, cfg Config) error {
	asked := takeSignals()
	holdThreads()
	turns.Short() // a key that comes while much is printed does not wait
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	// Clients of the local stream hear how their sessions end before they are
	// hung up: their life ends with this call.
	life, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	conns := newConnections()
	p := &place{paths: cfg.Paths}
	if cfg.Kept != nil {
		p.link, p.keeper = cfg.Kept.link, os.Getppid()
	}
	hand := &handover{cfg: cfg, kept: cfg.Kept, place: p, leave: leave}
	g, calls := newServices(cfg, conns, hand)
	local := &localServer{sessions: cfg.Sessions, methods: calls, release: cfg.Version, log: cfg.Logger, life: life}
	clients := newSplitter(&net.UnixAddr{Name: cfg.Paths.Socket, Net: "unix"}, conns, local.serve)
	p.serve = func(l net.Listener) { accept(l, cfg.Logger, clients.take) }
	defer p.release()
	if err := begin(ctx, cfg, p); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(clients) }()

	var watching sync.WaitGroup
	watching.Go(func() { keepPlace(ctx, p, asked, cfg) })
	if cfg.IdleExit > 0 {
		watching.Go(func() { watchIdle(ctx, cfg, conns, func() { leave(errIdle) }) })
	}
	if cfg.Kept != nil {
		watching.Go(func() { hand.watchKeeper(ctx) })
	}
	cfg.Logger.Info("server started", "version", cfg.Version, "pid", os.Getpid(), "socket", cfg.Paths.Socket)
	if cfg.Ready != nil {
		cfg.Ready()
	}
	<-ctx.Done()
	why := context.Cause(ctx)
	cfg.Logger.Info("server leaves", "why", why)
	watching.Wait()
	stay := cfg.Kept != nil && sessionsStay(why)
	if stay {
		p.pause()
	} else {
		hand.giveUp()
		p.leave()
	}
	clients.Close()
	if !stay {
		if !endsSessions(why) {
			cfg.Sessions.Preserve()
		}
		// Ends the sessions, which tells their clients, and then the streams;
		// what is left is calls that were under way.
		closeSessions(cfg)
	}
	last, cancel := context.WithTimeout(context.Background(), lastCalls)
	defer cancel()
	hangUp()
	clients.wait(last)
	force := context.AfterFunc(last, clients.closeAll)
	within(lastCalls+time.Second, func() {
		g.GracefulStop()
		<-served
	})
	force()
	clients.closeAll()
	if stay {
		if err := hand.away(why); err != nil {
			cfg.Logger.Error("the keeper was not told why the server leaves, and starts another", "error", err)
		}
		within(leaveWithin, cfg.Sessions.Abandon)
	}
	if cfg.Kept != nil {
		cfg.Kept.close()
	}
	cfg.Logger.Info("server left")
	return nil
}

// endsSessions reports whether a server that leaves for this reason ends its
// sessions for good. Who sends it a signal ends the server, as a system does that
// goes down: what ran then can be restored.
func endsSessions(why error) bool { return why == errStopped || why == errIdle }

// begin takes the server's place, and over what the keeper holds, and lets
// clients in.
func begin(ctx context.Context, cfg Config, p *place) error {
	_, err := p.hold()
	if err == nil && cfg.Kept != nil {
		err = cfg.Kept.adopt(ctx, cfg.Sessions)
	}
	if err == nil {
		err = p.begin()
	}
	if err == nil {
		return nil
	}
	if cfg.Kept == nil {
		p.leave()
		closeSessions(cfg)
		return err
	}
	// As after a kill: the next server finds all as it is.
	p.pause()
	cfg.Kept.Fail(err)
	cfg.Sessions.Abandon()
	cfg.Kept.close()
	return err
}

// newServices returns all services, on a gRPC server and as calls of the local
// stream.
func newServices(cfg Config, conns *connections, hand *handover) (*grpc.Server, *methods) {
	g := grpc.NewServer(
		grpc.StatsHandler(conns),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.ChainUnaryInterceptor(recoverUnary(cfg.Logger)),
		grpc.ChainStreamInterceptor(recoverStream(cfg.Logger)),
	)
	calls := newMethods(cfg.Logger)
	started := time.Now()
	for _, on := range []grpc.ServiceRegistrar{g, calls} {
		(&exec.PluginServer{Impl: cfg.Sessions}).Register(on)
		xshpb.RegisterSeatsServer(on, &seats{sessions: cfg.Sessions})
		xshpb.RegisterServerServer(on, &control{cfg: cfg, conns: conns, started: started, hand: hand})
	}
	return g, calls
}

// closeSessions ends all sessions and waits for them, within bounds.
func closeSessions(cfg Config) {
	if !within(leaveWithin, cfg.Sessions.Close) {
		cfg.Logger.Warn("the server leaves sessions that do not end")
	}
}

// within calls f and reports whether it has returned within d. If not it ends
// with the process, which is about to.
func within(d time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}
