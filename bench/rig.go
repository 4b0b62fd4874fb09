package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long anything may take before the bench gives up.
const patience = time.Minute

// rig is what a row works with: the peers, each with a server and a directory
// of its own, and a socket on which programs of the bench report.
type rig struct {
	options
	ctx     context.Context // of the run
	self    string          // the bench's own binary
	dir     string
	peers   []*peer
	reports *net.UnixConn
}

func newRig(ctx context.Context, o options) (*rig, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "xsh-bench-") // short: sockets are in it
	if err != nil {
		return nil, err
	}
	r := &rig{options: o, ctx: ctx, self: self, dir: dir}
	r.reports, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: r.reportPath(), Net: "unixgram"})
	if err == nil {
		r.peers, err = newPeers(ctx, o, dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// close ends the peers' servers, and then whatever else was started with the
// rig's directory in its environment.
func (r *rig) close() error {
	for _, p := range r.peers {
		p.stop()
	}
	err := endAll(r.dir, r.peers...)
	if r.reports != nil {
		r.reports.Close()
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

func (r *rig) reportPath() string { return filepath.Join(r.dir, "report") }

// report waits until a program reports what, and returns when that happened.
func (r *rig) report(what string) (time.Time, error) {
	r.reports.SetReadDeadline(time.Now().Add(patience))
	defer context.AfterFunc(r.ctx, func() { r.reports.SetReadDeadline(time.Now()) })()
	buf := make([]byte, 256)
	for r.ctx.Err() == nil {
		n, err := r.reports.Read(buf)
		if err != nil {
			return time.Time{}, fmt.Errorf("no report %q: %w", what, err)
		}
		var said string
		var nanos int64
		if _, err := fmt.Sscan(string(buf[:n]), &said, &nanos); err != nil {
			return time.Time{}, err
		}
		if said == what {
			return time.Unix(0, nanos), nil
		}
	}
	return time.Time{}, r.ctx.Err()
}

// those returns the peers that can do something.
func (r *rig) those(can func(*peer) bool) []*peer {
	var able []*peer
	for _, p := range r.peers {
		if can(p) {
			able = append(able, p)
		}
	}
	return able
}

// rounds has each peer do the same thing in turn, n times over.
func (r *rig) rounds(ctx context.Context, n int, peers []*peer, once func(*peer) error) error {
	for range r.times(n) {
		for _, p := range peers {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := once(p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}

// times is how often to do something, n unless the run asks for another number.
func (r *rig) times(n int) int {
	if r.options.rounds > 0 {
		return r.options.rounds
	}
	return n
}

// file makes a file of the rig's and returns its path.
func (r *rig) file(name string, data []byte) (string, error) {
	path := filepath.Join(r.dir, name)
	return path, os.WriteFile(path, data, 0o600)
}

// environment is the bench's own without what would lead to the user's
// sessions, with dir as its home. Whatever runs with it belongs to the rig.
func environment(dir string, more ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "XSH_") && !strings.HasPrefix(pair, "TMUX") && !strings.HasPrefix(pair, "HOME=") {
			env = append(env, pair)
		}
	}
	return append(append(env, "HOME="+dir, "TERM=xterm-256color"), more...)
}
