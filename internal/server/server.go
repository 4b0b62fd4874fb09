package server

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"github.com/xsh-project/xsh/internal/paths"
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
	// IdleExit is how long the server stays without a session and a client;
	// zero means for ever.
	IdleExit time.Duration
	// Ready is called once clients can connect.
	Ready func()
	// Reopen, if not nil, opens the log anew; it is called at SIGHUP.
	Reopen func()
}

// ErrRunning is returned by Serve when another server of this user runs.
var ErrRunning = errors.New("a server is running already")

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
const leaveWithin = 5 * time.Second

// lastCalls is how long calls under way may take to end when the server
// leaves.
const lastCalls = time.Second

// Serve runs the server until ctx ends, a client stops it or it has been idle.
// It then lets another server take its place, ends every session, waits for all
// it started, within bounds, and leaves nothing behind.
func Serve(ctx context.Context, cfg Config) error {
	// Whoever reads our log and has gone is no reason to end, now or later.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	holdThreads()
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	in := newHanded(&net.UnixAddr{Name: cfg.Paths.Socket, Net: "unix"})
	p := &place{paths: cfg.Paths, serve: func(l net.Listener) { accept(l, cfg.Logger, in.give) }}
	defer p.release()
	if _, err := p.hold(); err != nil {
		p.leave()
		closeSessions(cfg)
		return err
	}
	conns := newConnections()
	g := newGRPC(cfg, conns, func() { leave(errStopped) })
	served := make(chan error, 1)
	go func() { served <- g.Serve(in) }()

	var watching sync.WaitGroup
	watching.Go(func() { keepPlace(ctx, p, cfg) })
	if cfg.IdleExit > 0 {
		watching.Go(func() { watchIdle(ctx, cfg, conns, func() { leave(errIdle) }) })
	}
	cfg.Logger.Info("server started", "version", cfg.Version, "pid", os.Getpid(), "socket", cfg.Paths.Socket)
	if cfg.Ready != nil {
		cfg.Ready()
	}
	<-ctx.Done()
	cfg.Logger.Info("server leaves", "why", context.Cause(ctx))
	watching.Wait()
	p.leave()
	in.Close()
	// Ends the sessions, which tells their clients, and then the streams;
	// what is left is calls that were under way.
	closeSessions(cfg)
	stopGracefully(g, in)
	<-served
	cfg.Logger.Info("server left")
	return nil
}

// newGRPC returns the gRPC server with all services.
func newGRPC(cfg Config, conns *connections, stop func()) *grpc.Server {
	g := grpc.NewServer(
		grpc.StatsHandler(conns),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.ChainUnaryInterceptor(recoverUnary(cfg.Logger)),
		grpc.ChainStreamInterceptor(recoverStream(cfg.Logger)),
	)
	(&exec.PluginServer{Impl: cfg.Sessions}).Register(g)
	xshpb.RegisterServerServer(g, &control{cfg: cfg, conns: conns, started: time.Now(), stop: stop})
	return g
}

// closeSessions ends all sessions and waits for them, within bounds.
func closeSessions(cfg Config) {
	closed := make(chan struct{})
	go func() { // outlived by the process at the latest
		cfg.Sessions.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(leaveWithin):
		cfg.Logger.Warn("the server leaves sessions that do not end")
	}
}

// stopGracefully lets calls under way end, and then closes all connections:
// grpc would wait for one whose client says nothing.
func stopGracefully(g *grpc.Server, in *handed) {
	force := time.AfterFunc(lastCalls, func() {
		in.closeAll()
		g.Stop()
	})
	defer force.Stop()
	g.GracefulStop()
	in.closeAll()
}
