package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

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

// Serve runs the server until ctx ends, a client stops it or it has been idle.
// It then ends every session, waits for all it started and leaves nothing
// behind.
func Serve(ctx context.Context, cfg Config) error {
	defer cfg.Sessions.Close()
	if err := cfg.Paths.MakeDir(); err != nil {
		return err
	}
	pid, err := holdPID(cfg.Paths.PID)
	if err != nil {
		return err
	}
	defer pid.leave()
	socket, err := listen(cfg.Paths.Socket)
	if err != nil {
		return err
	}

	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	conns := newConnections()
	g := grpc.NewServer(
		grpc.StatsHandler(conns),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.ChainUnaryInterceptor(recoverUnary(cfg.Logger)),
		grpc.ChainStreamInterceptor(recoverStream(cfg.Logger)),
	)
	calls := newMethods(cfg.Logger)
	for _, on := range []grpc.ServiceRegistrar{g, calls} {
		(&exec.PluginServer{Impl: cfg.Sessions}).Register(on)
		xshpb.RegisterServerServer(on, &control{
			cfg: cfg, conns: conns, started: time.Now(),
			stop: func() { leave(errStopped) },
		})
	}
	if cfg.IdleExit > 0 {
		go watchIdle(ctx, cfg, conns, func() { leave(errIdle) })
	}
	// Clients of the local stream hear how their sessions end before they are
	// hung up: their life ends with this call.
	life, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	local := &localServer{
		sessions: cfg.Sessions, methods: calls, release: cfg.Version, log: cfg.Logger, life: life,
	}
	clients := newSplitter(ours(socket, os.Getuid(), cfg.Logger), conns, local.serve)
	return serve(ctx, g, clients, hangUp, cfg)
}

// serve answers clients until ctx ends.
func serve(ctx context.Context, g *grpc.Server, on *splitter, hangUp func(), cfg Config) error {
	served := make(chan error, 1)
	go g.Serve(on)
	go func() { served <- on.run() }()
	cfg.Logger.Info("server started", "version", cfg.Version, "pid", os.Getpid(), "socket", cfg.Paths.Socket)
	if cfg.Ready != nil {
		cfg.Ready()
	}
	select {
	case err := <-served:
		cfg.Logger.Error("server left: cannot accept clients", "error", err)
		return fmt.Errorf("accept clients: %w", err)
	case <-ctx.Done():
	}
	cfg.Logger.Info("server leaves", "why", context.Cause(ctx))
	on.Close()
	// Ends the sessions, which tells their clients, and then the streams;
	// what is left is calls that were under way.
	cfg.Sessions.Close()
	stopGracefully(g)
	hangUp()
	last, cancel := context.WithTimeout(context.Background(), lastCalls)
	defer cancel()
	on.wait(last)
	<-served
	cfg.Logger.Info("server left")
	return nil
}

// lastCalls is how long calls under way may take to end when the server
// leaves.
const lastCalls = 2 * time.Second

func stopGracefully(g *grpc.Server) {
	force := time.AfterFunc(lastCalls, g.Stop)
	defer force.Stop()
	g.GracefulStop()
}
