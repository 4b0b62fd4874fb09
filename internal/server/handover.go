package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/internal/keeper"
)

// Why a server left that leaves its sessions with the keeper.
var (
	errKeep     = errors.New("stopped by a client; the keeper has the sessions")
	errRestart  = errors.New("another server shall take its place")
	errUpgraded = errors.New("another server has taken over")
	errLost     = errors.New("its keeper is gone, and systemd starts another")
)

// sessionsStay reports whether a server that leaves for this reason ends without
// touching its sessions.
func sessionsStay(why error) bool {
	switch why {
	case errIdle, errKeep, errRestart, errUpgraded, errLost:
		return true
	default:
		return false
	}
}

// errNoKeeper refuses what needs a keeper.
var errNoKeeper = errors.New("this server has no keeper, so its sessions would end")

// handover hands what a server has to another process: at an upgrade, when it
// leaves and its sessions stay, and when its keeper is gone. Never do two
// processes read from a pty: this one stops before the other begins.
type handover struct {
	cfg   Config
	kept  *Kept // nil without a keeper
	place *place
	leave func(why error)

	mu sync.Mutex // held by whoever hands over
}

// standStill stops all that changes a session, so that whatever the next
// process finds is the whole truth. goOn undoes it.
func (h *handover) standStill() (goOn func()) {
	h.place.pause()
	resume := h.cfg.Sessions.Suspend()
	return func() {
		resume()
		if err := h.place.resume(); err != nil {
			h.cfg.Logger.Error("clients cannot find the server", "error", err)
		}
	}
}

// The times of an upgrade.
const (
	probeWait = 10 * time.Second // for the new program to say what it is
	takeOver  = 20 * time.Second // for the new server to get ready, if Config does not say
)

// upgrade has the program at path take over, as server and as keeper, and
// returns its version: the caller has this server leave then, which touches no
// session any more. If it does not, this server goes on and the error says why.
func (h *handover) upgrade(path string) (version string, err error) {
	if h.kept == nil {
		return "", errNoKeeper
	}
	if !h.mu.TryLock() {
		return "", errors.New("the sessions are being handed over already")
	}
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), probeWait)
	version, err = probe(ctx, path)
	cancel()
	if err != nil {
		return "", err
	}
	h.cfg.Logger.Info("upgrade", "binary", path, "version", version)
	goOn := h.standStill()
	// The keeper answers in any case, or is gone: not to wait for it could mean
	// that two servers go on.
	err = h.kept.link.Upgrade(context.Background(), h.cfg.command(path), h.cfg.keeperCommand(path), cmp.Or(h.cfg.TakeOver, takeOver))
	if err != nil {
		goOn()
		h.cfg.Logger.Error("upgrade failed", "binary", path, "error", err)
		return "", err
	}
	return version, nil
}

// away tells the keeper why this server leaves and stops touching sessions. The
// caller lets no more clients in and has ended all calls.
func (h *handover) away(why error) error {
	if why == errUpgraded {
		return nil // all is said
	}
	h.cfg.Sessions.Suspend()
	if why == errLost {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), keeperWait)
	defer cancel()
	active, err := h.cfg.Sessions.ListSessions(nil)
	if err == nil && why == errIdle && len(active) > 0 {
		why = errRestart // somebody came at the last moment
	}
	if why == errRestart {
		return h.kept.link.Restart(ctx)
	}
	if why == errIdle {
		h.cfg.Sessions.ForgetSeen()
	}
	return h.kept.link.Rest(ctx)
}

// giveUp has the keeper end with this server and its sessions.
func (h *handover) giveUp() {
	if h.kept == nil {
		return
	}
	if err := h.kept.giveUp(); err != nil {
		h.cfg.Logger.Error("the keeper was not told to end", "error", err)
	}
}

// watchKeeper has this server become the keeper when its own is gone, which
// starts another server. Under systemd, which has all descriptors and starts
// another keeper, this server leaves instead.
func (h *handover) watchKeeper(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-h.kept.link.Lost():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if h.kept.link.Supervised() {
		h.leave(errLost)
		return
	}
	h.cfg.Logger.Warn("the keeper is gone; this process becomes it and starts another server")
	goOn := h.standStill()
	err := keeper.Become(keeper.Takeover{
		Argv: h.cfg.keeperCommand(Program()), Listeners: h.place.sockets(), Sessions: h.kept.sessions(h.cfg.Sessions),
	})
	h.cfg.Logger.Error("sessions end with this server from now on", "error", err)
	goOn()
}

// Program is the path of this process's own program. One that was replaced on
// disk is not found there any more, but it is what knows our state.
func Program() string {
	const own = "/proc/self/exe"
	path, err := os.Executable()
	if err != nil { // without /proc: as whoever started us found us
		if path, err = osexec.LookPath(os.Args[0]); err == nil {
			path, err = filepath.Abs(path)
		}
	}
	if err != nil {
		return own
	}
	here, err := os.Stat(path)
	running, err2 := os.Stat(own)
	if err2 == nil && (err != nil || !os.SameFile(here, running)) {
		return own
	}
	return path
}

// Probe is what a program says of itself before it is trusted with sessions.
type Probe struct {
	Program string // "xsh"
	Version string
	// The versions of state that it reads, and the one that it writes: the last.
	OldestState, State int
}

// OwnProbe returns what this program says.
func OwnProbe(version string) Probe {
	return Probe{Program: "xsh", Version: version, OldestState: oldestState, State: StateVersion}
}

// ProbeFlag has a program's keeper command print its Probe and end.
const ProbeFlag = "--probe"

// probe runs a program to see whether it is one of ours that starts at all and
// knows our state, and returns its version. It gives up when ctx ends.
func probe(ctx context.Context, path string) (version string, err error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%q is no absolute path", path)
	}
	if err := child.Reach(ctx, "/", path); err != nil { // sessions must not wait for that disk
		return "", err
	}
	cmd := osexec.CommandContext(ctx, path, "keeper", ProbeFlag)
	cmd.Dir, cmd.WaitDelay = "/", time.Second
	var out, complaint limited
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	var p Probe
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s does not answer", path)
	case err != nil:
		return "", fmt.Errorf("%s does not start: %w: %s", path, err, complaint.line())
	case json.Unmarshal(out.text, &p) != nil || p.Program != "xsh":
		return "", fmt.Errorf("%s is not an xsh that can take over: it says %q", path, out.line())
	case p.State < StateVersion:
		return "", fmt.Errorf("%s is older: it reads state up to version %d, the sessions have %d", path, p.State, StateVersion)
	case p.OldestState > StateVersion:
		return "", fmt.Errorf("%s is too new: it reads state from version %d on, the sessions have %d", path, p.OldestState, StateVersion)
	}
	return p.Version, nil
}

// limited takes the beginning of what is written.
type limited struct{ text []byte }

func (l *limited) Write(p []byte) (int, error) {
	l.text = append(l.text, p[:min(len(p), 4096-len(l.text))]...)
	return len(p), nil
}

// line is the first line.
func (l *limited) line() string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(l.text)), "\n")
	return line
}
