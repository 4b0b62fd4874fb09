package server

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/stream"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// KeeperConfig configures a keeper.
type KeeperConfig struct {
	Paths   paths.Paths
	Version string
	// Server is the command that is the server, beginning with a path.
	Server []string
	// Orders is keeper.CatchOrders, called as early as can be.
	Orders chan os.Signal
	// Log is told in one line each what a person may want to know.
	Log func(string)
	// Ready is called once with how the start went; the warning is for whoever
	// asked for a server. It may be nil.
	Ready func(warning string, err error)
}

// Keep runs the keeper: the parent of one server after the other, which holds
// what they must not lose. It returns when nobody needs a server.
func Keep(cfg KeeperConfig) error {
	// A client that finds a keeper and no socket sends it SIGHUP, which may come
	// before the keeper listens to it.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGPIPE)
	missed := make(chan os.Signal, 1)
	signal.Notify(missed, unix.SIGUSR1)
	inherited := keeper.Inherited()
	if err := cfg.Paths.MakeDir(); err != nil && !inherited {
		return err
	}
	systemd := keeper.FromSystemd()
	k := &keeperPlace{paths: cfg.Paths, version: cfg.Version, supervised: systemd.Notify != ""}
	if err := k.hold(); err != nil && !inherited {
		return err
	} else if err != nil { // whoever has it, the sessions are here
		cfg.Log(fmt.Sprintf("the keeper's place is taken: %v", err))
	}
	go func() { // ends with the process
		for range missed {
			if err := k.hold(); err != nil {
				cfg.Log(fmt.Sprintf("the keeper's place was removed and is taken: %v", err))
			}
		}
	}()
	warning := ""
	if !inherited && len(systemd.Sessions) == 0 {
		warning = sentences(lostSessions(cfg.Paths), Restorable(cfg.Paths))
	}
	err := keeper.Run(keeper.Config{
		Server:    cfg.Server,
		Listeners: systemd.Listeners,
		Sessions:  systemd.Sessions,
		Notify:    systemd.Notify,
		Orders:    cfg.Orders,
		Log:       cfg.Log,
		LogPath:   cfg.Paths.Log,
		Ready: func(err error) {
			if warning != "" {
				cfg.Log(warning)
			}
			if cfg.Ready != nil {
				cfg.Ready(warning, err)
			}
		},
		Refuse: func(client io.Writer, why string) { refuse(client, cfg.Version, why) },
	})
	k.leave()
	return err
}

// keeperPlace is where clients and servers find the keeper: the file that it has
// locked.
type keeperPlace struct {
	paths      paths.Paths
	version    string
	supervised bool // by systemd, which may have made the socket

	mu   sync.Mutex
	lock *launch.Lock
}

// hold takes the place, also when the file was removed. The keeper's server
// notices that and sends SIGUSR1.
func (k *keeperPlace) hold() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lock != nil && k.lock.InPlace() {
		return nil
	}
	lock, err := launch.HoldPID(k.paths.Keeper, k.version+"\n")
	if err != nil {
		return err
	}
	if k.lock != nil {
		k.lock.Release()
	}
	k.lock = lock
	return nil
}

// leave removes what a keeper leaves whose server has gone before, if no other
// has begun, which the lock keeps from it.
func (k *keeperPlace) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lock == nil {
		return
	}
	defer k.lock.Release()
	if !k.lock.InPlace() {
		return
	}
	if pid, err := launch.Holder(k.paths.PID); pid != 0 || err != nil {
		return // a server that has no keeper
	}
	if !k.supervised { // else systemd listens on it
		os.Remove(k.paths.Socket)
	}
	for _, path := range []string{k.paths.PID, k.paths.Count, k.paths.Events, k.paths.Keeper} {
		os.Remove(path) // the lock's own file last
	}
}

// lostSessions says how many sessions were lost when a keeper and its server
// were both killed, once.
func lostSessions(p paths.Paths) string {
	n := readCount(p.Count)
	os.Remove(p.Count)
	switch {
	case n == 0:
		return ""
	case n == 1:
		return "1 session was lost: the server and its keeper were both killed"
	default:
		return fmt.Sprintf("%d sessions were lost: the server and its keeper were both killed", n)
	}
}

// refuse tells a client of the local stream why there is no server. One that
// speaks gRPC sees a connection that breaks.
func refuse(client io.Writer, version, why string) {
	frames := appendMessage(nil, stream.Hello, &xshpb.Hello{
		MinVersion: stream.MinVersion, MaxVersion: stream.MaxVersion, Release: version,
	})
	client.Write(appendMessage(frames, stream.Status, status.New(codes.Unavailable, why).Proto()))
}

// keeperOf returns the keeper of this server, as it says of itself.
func keeperOf(p paths.Paths) (pid int, version string) {
	text, err := os.ReadFile(p.Keeper)
	if err != nil {
		return os.Getppid(), ""
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	pid, err = strconv.Atoi(first)
	if err != nil || pid != os.Getppid() {
		return os.Getppid(), ""
	}
	return pid, strings.TrimSpace(rest)
}
