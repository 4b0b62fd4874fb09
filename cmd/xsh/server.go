package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"runtime"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// defaultIdle is how long a server stays that has nothing to do. Ended
// sessions go with it.
const defaultIdle = 15 * time.Minute

func newServerCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Start, ask or stop the background server",
		Long: `The background server owns your sessions. It starts by itself with the first
command that needs it, and leaves by itself when it has had no session and no
client for a quarter of an hour (XSH_IDLE sets another time, such as 1h; 0
means never).
` + exitCodesHelp,
		Args: func(cmd *cobra.Command, list []string) error {
			if len(list) > 0 {
				return unknownCommand(cmd, list[0])
			}
			return nil
		},
		Example: `  xsh server status
  xsh server stop`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newServerStartCommand(a), newServerStatusCommand(a), newServerStopCommand(a))
	return cmd
}

func newServerStartCommand(a *app) *cobra.Command {
	var foreground, notify bool
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the server, unless it runs",
		Long: `Start the server in the background, unless it runs already. With --foreground
it stays in this terminal and logs to it.
` + exitCodesHelp,
		Example: "  xsh server start",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if foreground {
				return runServer(cmd.Context(), a, notify)
			}
			return a.withServer(cmd.Context(), func(c *client.Client) error {
				_, err := c.Status(cmd.Context())
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&foreground, "foreground", false, "serve until stopped, and log to stderr")
	cmd.Flags().BoolVar(&notify, "notify", false, "tell whoever started the server that it is ready")
	cmd.Flags().MarkHidden("notify")
	return cmd
}

// runServer serves in this process. With notify, whoever started it waits to
// hear how that went.
func runServer(ctx context.Context, a *app, notify bool) (err error) {
	signal.Reset(syscall.SIGQUIT) // shows where a server hangs
	said := !notify
	say := func(err error) {
		if !said {
			said = true
			server.Ready(err)
		}
	}
	defer func() { say(err) }()
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	conf, err := a.loadConfig()
	if err != nil {
		return err
	}
	idle, err := conf.idle()
	if err != nil {
		return err
	}
	// A key that comes while other sessions print much finds a processor free.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	child.ResetIgnored() // what whoever started the server ignores is not its programs' business
	log := slog.New(slog.NewTextHandler(a.err, nil))
	h := local.New(local.Config{Socket: p.Socket, Logger: log})
	err = server.Serve(ctx, server.Config{
		Paths:   p,
		Version: version(),
		Logger:  log,
		Sessions: exec.NewManager(exec.ManagerConfig{
			Logger:   log,
			Settings: conf.sessions(),
			Handlers: map[string]exec.Handler{h.ID(): h},
		}),
		IdleExit: idle,
		Ready:    func() { say(nil) },
	})
	return err
}

func newServerStatusCommand(a *app) *cobra.Command {
	output := outputFlag("table", "json")
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell the server's version, pid, uptime, sessions and memory",
		Long: `Tell how the server does. Fails if none is running.
` + exitCodesHelp,
		Example: "  xsh server status -o json",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), a, output.value) },
	}
	output.addOutput(cmd)
	return cmd
}

func runStatus(ctx context.Context, a *app, output string) error {
	c, err := a.dial(ctx)
	if err != nil {
		return noServer(err)
	}
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	st.Clients-- // the one that asks
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	if output == "json" {
		return printJSON(a.out, struct {
			*client.Status
			Socket string `json:"socket"`
			Log    string `json:"log"`
		}{st, p.Socket, p.Log})
	}
	t := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "version\t%s\n", harmless(st.Version))
	fmt.Fprintf(t, "pid\t%d\n", st.PID)
	fmt.Fprintf(t, "uptime\t%s\n", age(time.Since(st.StartedAt)))
	fmt.Fprintf(t, "sessions\t%d active, %d ended\n", st.Sessions, st.Ended)
	fmt.Fprintf(t, "clients\t%d\n", st.Clients)
	fmt.Fprintf(t, "memory\t%.1f MB\n", float64(st.MemoryBytes)/1e6)
	fmt.Fprintf(t, "socket\t%s\n", p.Socket)
	fmt.Fprintf(t, "log\t%s\n", p.Log)
	return t.Flush()
}

// noServer is the error of a command about a server that does not run, in one
// short line.
func noServer(err error) error {
	if errors.Is(err, client.ErrNoServer) {
		return client.ErrNoServer
	}
	return err
}

// nothingToStop is the hint of a server that cannot be stopped.
func nothingToStop(err error) string {
	if errors.Is(err, client.ErrNoServer) {
		return "there is nothing to stop"
	}
	return hintFor(err)
}

func newServerStopCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop the server",
		Long: `Stop the server. While there are active sessions it refuses, unless --force
is given: then they are ended first. The command returns when the server has
left.
` + exitCodesHelp,
		Example: "  xsh server stop",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStop(cmd.Context(), a, force) },
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "end the active sessions")
	return cmd
}

func runStop(ctx context.Context, a *app, force bool) error {
	c, err := a.dial(ctx)
	if err != nil {
		return withHint(noServer(err), nothingToStop(err))
	}
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if st.Sessions > 0 && !force {
		return withHint(fmt.Errorf("the server has %d active sessions", st.Sessions), "xsh server stop --force ends them")
	}
	if _, err := c.Stop(ctx); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return server.AwaitExit(ctx, p)
}
