package keeper

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Config is what a keeper is told by the command that runs it.
type Config struct {
	// Server is the command that is the server, beginning with a path. It finds
	// its keeper with Connect.
	Server []string
	// Env is the server's environment; nil means this process's own.
	Env []string
	// Listeners are the sockets that clients connect to. A keeper that was
	// something else before (Inherited) has them already and wants none.
	Listeners []*os.File
	// Sessions are held from the start: those that systemd kept.
	Sessions []Session
	// Notify is systemd's socket, if that runs the keeper as a unit's main
	// process; it then also keeps what the keeper holds. See FromSystemd.
	Notify string
	// Log is told in one line each what a person may want to know; nil means
	// standard error.
	Log func(line string)
	// Ready is called once: with nil when the first server serves, or with why
	// none does. Nil means that nobody waits for it.
	Ready func(error)
	// Refuse answers a client that connects after the server was given up. It
	// must not wait: what it cannot write at once is lost. Nil writes the line.
	Refuse func(client io.Writer, why string)
	// Orders has the signals that ask the keeper for something, from CatchOrders; nil
	// means from Run on.
	Orders chan os.Signal
	// LogPath is named to clients that are refused.
	LogPath string

	// The rest is for tests; zero means what is said.
	MaxSessions  int           // 4096
	FirstPause   time.Duration // before the second start in a row that fails; 100 ms
	MaxFailures  int           // after so many in a row the server is given up; 6
	Rest         time.Duration // for which it then is; 30 s
	Settled      time.Duration // a server that served so long did not fail; 10 s
	ExitPatience time.Duration // for a server that should leave; 10 s
	PingEvery    time.Duration // to notice a server that hangs; 30 s
}

// CatchOrders has the signals that end a keeper wait for Run, from here on: one that came
// while the process was being set up could get lost otherwise.
func CatchOrders() chan os.Signal {
	orders := make(chan os.Signal, 16)
	signal.Notify(orders, syscall.SIGTERM, syscall.SIGINT)
	return orders
}

// ErrUnsupported is returned where the system has no keeper.
var ErrUnsupported = errors.New("this system has no keeper: sessions end with their server")

// ErrNoKeeper is returned by Connect in a process that no keeper started.
var ErrNoKeeper = errors.New("no keeper started this server")

func (c Config) withDefaults() Config {
	number(&c.MaxSessions, 4096)
	number(&c.MaxFailures, 6)
	number(&c.FirstPause, 100*time.Millisecond)
	number(&c.Rest, 30*time.Second)
	number(&c.Settled, 10*time.Second)
	number(&c.ExitPatience, 10*time.Second)
	number(&c.PingEvery, 30*time.Second)
	if c.Env == nil {
		c.Env = os.Environ()
	}
	if c.Log == nil {
		c.Log = func(line string) { io.WriteString(os.Stderr, "xsh keeper: "+line+"\n") }
	}
	if c.Refuse == nil {
		c.Refuse = func(client io.Writer, why string) { io.WriteString(client, "xsh: "+why+"\n") }
	}
	return c
}

func number[N int | time.Duration](n *N, otherwise N) {
	if *n == 0 {
		*n = otherwise
	}
}

// What systemd tells a unit's main process is in these variables, which are not
// for what that starts.
const notifyVariable = "NOTIFY_SOCKET"

var systemdVariables = []string{notifyVariable, "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"}

// BySystemd reports whether systemd started this process as the main one of a
// unit, until FromSystemd was called.
func BySystemd() bool {
	return os.Getenv(notifyVariable) != "" || os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid())
}

// WithoutSystemd returns an environment without what systemd tells the main
// process of a unit: a keeper that one of its programs starts is not that.
func WithoutSystemd(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(systemdVariables, name)
	})
}

// Systemd is what systemd gives the main process of a unit: where to notify it,
// the sockets on which it listened for us, and the descriptors that a keeper
// before had it store (sd_notify(3), sd_listen_fds(3), FileDescriptorStoreMax=
// in systemd.service(5)).
type Systemd struct {
	Notify    string
	Listeners []*os.File
	Sessions  []Session // without records
}
