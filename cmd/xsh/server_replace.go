package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
)

const (
	// leaveWait is how long a server may take to leave before it is killed.
	leaveWait = 5 * time.Second
	// upgradeTimeout is for a new program to be tried and to take over.
	upgradeTimeout = time.Minute
)

func newServerRestartCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restart",
		Short: "Replace the server, and keep the sessions",
		Long: `Have the server leave and another one take over its sessions. One that does
not answer is killed. Nothing is lost: attached clients go on by themselves.
` + exitCodesHelp,
		Example: "  xsh server restart",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runRestart(cmd.Context(), a) },
	}
}

func runRestart(ctx context.Context, a *app) error {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	c, err := a.dial(ctx)
	if err != nil {
		return noServer(err)
	}
	defer c.Close()
	pid, kept := launch.Processes(p)
	switch {
	case !kept:
		return withHint(errors.New("the server has no keeper: its sessions would end"),
			"once they may end, xsh server stop --force; the next command starts a server with a keeper")
	case pid <= 0:
		return errors.New("it is not known which process the server is")
	}
	left, err := launch.ExitKept(p)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, leaveWait)
	defer cancel()
	if err = c.Restart(wait, pid); err == nil {
		err = left(wait)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(a.err, "xsh: the server does not leave, and is killed: %s\n", harmless(words(err)))
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			return fmt.Errorf("kill the server, process %d: %w", pid, err)
		}
	}
	return a.saySuccessor(ctx, pid, "")
}

// keeperPatience is how long a keeper may take to become another version, behind
// its server.
const keeperPatience = 3 * time.Second

// saySuccessor waits for the server that takes the place of process pid, and for
// its keeper to be of that version, if there is one to wait for, and says how the
// server does.
func (a *app) saySuccessor(ctx context.Context, pid int, version string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	since := time.Now()
	for {
		st, err := a.askStatus(ctx)
		behind := err == nil && version != "" && st.KeeperVersion != version
		if err == nil && st.PID != pid && (!behind || time.Since(since) > keeperPatience) {
			if behind {
				fmt.Fprintf(a.err, "xsh: the keeper is still version %s; the server's log says why\n", harmless(st.KeeperVersion))
			}
			fmt.Fprintf(a.err, "xsh: the server is process %d, version %s, with %s\n",
				st.PID, harmless(st.Version), count(st.Sessions, "session", "sessions"))
			return nil
		}
		select { // the old one is about to end, which breaks connections
		case <-ctx.Done():
			return &client.WaitError{What: "the next server", Err: ctx.Err()}
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (a *app) askStatus(ctx context.Context) (*client.Status, error) {
	c, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Status(ctx)
}

func newServerUpgradeCommand(a *app) *cobra.Command {
	var binary string
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Have this xsh take over as the server, and keep the sessions",
		Long: `Have the xsh that runs this command, or another one, take over from the server
that runs. The new one is tried first; if it does not take over, the old one
goes on. No session ends, and attached clients go on by themselves.
` + exitCodesHelp,
		Example: "  xsh server upgrade\n  xsh server upgrade --binary ./bin/xsh",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runUpgrade(cmd.Context(), a, binary) },
	}
	cmd.Flags().StringVar(&binary, "binary", "", "the xsh that takes over (default: this one)")
	cmd.MarkFlagFilename("binary")
	return cmd
}

func runUpgrade(ctx context.Context, a *app, binary string) (err error) {
	if binary == "" {
		if binary, err = os.Executable(); err != nil {
			binary, err = server.Program(), nil // which knows a way without /proc
		}
	} else {
		binary, err = filepath.Abs(binary)
	}
	if err != nil {
		return err
	}
	a.knowsVersion = true
	c, err := a.dial(ctx)
	if err != nil {
		return withHint(noServer(err), "the next command that needs a server starts this version")
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, upgradeTimeout)
	defer cancel()
	st, err := c.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	version, err := c.Upgrade(ctx, binary)
	var refused *client.RefusedError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("no upgrade: %w; the server goes on as it was", refused)
	case errors.Is(err, client.ErrOldServer):
		return withHint(fmt.Errorf("%w to have it take over", err),
			"once its sessions may end, xsh server stop --force; the next command starts this version")
	case err != nil:
		return fmt.Errorf("upgrade the server: %w", err)
	}
	return a.saySuccessor(ctx, st.PID, version)
}

func newServerAdoptCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "adopt",
		Short: "Try again to take over the sessions that were set aside",
		Long: `Have the server take over the sessions of an earlier one that were set aside:
twice in a row a server died while taking them over, or they are of another
version. Their programs run all the while. xsh server status lists them.
` + exitCodesHelp,
		Example: "  xsh server adopt",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runAdopt(cmd.Context(), a) },
	}
}

func runAdopt(ctx context.Context, a *app) error {
	c, err := a.dial(ctx)
	if err != nil {
		return noServer(err)
	}
	defer c.Close()
	n, err := c.Adopt(ctx)
	if n > 0 || err == nil {
		fmt.Fprintf(a.err, "xsh: the server took over %s\n", count(n, "session", "sessions"))
	}
	return err
}
