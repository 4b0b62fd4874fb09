package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/internal/stored"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// defaultIdle is how long a server stays that has nothing to do. Ended
// sessions go with it.
const defaultIdle = 15 * time.Minute

func newServerCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Start, ask, stop or replace the background server",
		Long: `The background server owns your sessions. It starts by itself with the first
command that needs it, and leaves by itself when it has had no session and no
client for a quarter of an hour (XSH_IDLE sets another time, such as 1h; 0
means never). Sessions do not end with it when it is killed, restarted or
upgraded: a small process beside it, the keeper, has them and starts it again.
` + exitCodesHelp,
		Args: func(cmd *cobra.Command, list []string) error {
			if len(list) > 0 {
				return unknownCommand(cmd, list[0])
			}
			return nil
		},
		Example: `  xsh server status
  xsh server upgrade
  xsh server stop`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newServerStartCommand(a), newServerStatusCommand(a), newServerStopCommand(a),
		newServerRestartCommand(a), newServerUpgradeCommand(a), newServerAdoptCommand(a))
	return cmd
}

func newServerStartCommand(a *app) *cobra.Command {
	var foreground bool
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the server, unless it runs",
		Long: `Start the server in the background, unless it runs already. With --foreground
it stays in this terminal and logs to it; its sessions end with it then, however
it ends.
` + exitCodesHelp,
		Example: "  xsh server start",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if foreground {
				return runServer(a, false)
			}
			return a.withServer(cmd.Context(), func(c *client.Client) error {
				_, err := c.Status(cmd.Context())
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&foreground, "foreground", false, "serve until stopped, and log to stderr")
	return cmd
}

// runServer serves in this process. One that a keeper has started logs to the
// file, as does one with notify, for which whoever started it waits.
func runServer(a *app, notify bool) (err error) {
	// Not the context of a command, which ends with its terminal.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.catchSignals()              // not later, which would undo this:
	signal.Reset(syscall.SIGQUIT) // shows where a server hangs
	launch.KeepFiles()
	child.ResetIgnored() // what whoever started the server ignores is not its programs' business
	defer child.Keep()()
	said := !notify
	say := func(warning string, err error) {
		if !said {
			said = true
			launch.Ready(warning, err)
		}
	}
	defer func() { say("", err) }()
	link, err := keeper.Connect()
	if err != nil && !errors.Is(err, keeper.ErrNoKeeper) {
		return err
	}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	out, reopen, warning := a.err, func() {}, ""
	if notify || link != nil {
		file := server.OpenLog(p.Log, true)
		defer file.Close()
		out, reopen = file, file.Reopen
		if err := file.Problem(); err != nil {
			warning = "the server runs without a log: " + err.Error()
		}
	}
	log := slog.New(slog.NewTextHandler(out, nil))
	cfg := server.Config{
		Paths: p, Version: version(), Logger: log,
		Ready: func() { say(warning, nil) }, Reopen: reopen,
		ServerArgs: keptServerArgs, KeeperArgs: keeperArgs,
	}
	var kept exec.Keeper // stays nil without a keeper
	if link != nil {
		cfg.Kept = server.NewKept(link, p, log)
		kept = cfg.Kept
	} else {
		log.Info("this server has no keeper: sessions end with it, however it ends")
		if warning == "" {
			warning = server.Restorable(p)
		}
	}
	conf, idle, err := a.serverConfig()
	if err != nil && cfg.Kept != nil {
		cfg.Kept.Fail(err)
	}
	if err != nil {
		return err
	}
	// A key that comes while other sessions print much finds a processor free.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	cfg.IdleExit = idle
	live := a.newLiveConfig(conf, p, log)
	var store exec.Store // stays nil without a place for it
	if p.Stored != "" {
		store = stored.Dir(p.Stored)
	}
	cfg.Sessions = exec.NewManager(exec.ManagerConfig{
		Store:    store,
		Logger:   log,
		Settings: live,
		Handlers: makeHandlers(serving{p, log, cfg.Kept, a.userName(os.Getuid())}),
		Keeper:   kept,
	})
	live.follow(func(c config) { cfg.Sessions.SetRules(c.Rules) })
	defer a.startHooks(cfg.Sessions, live, p, log)()
	return server.Serve(ctx, cfg)
}

// serverConfig returns the settings and how long the server may have nothing to
// do.
func (a *app) serverConfig() (config, time.Duration, error) {
	conf, err := a.loadConfig()
	if err != nil {
		return conf, 0, err
	}
	idle, err := conf.idle()
	return conf, idle, err
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

// statusJSON is the server's status as -o json has it.
type statusJSON struct {
	*client.Status
	Socket string `json:"socket"`
	Log    string `json:"log"`
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
		return printJSON(a.out, statusJSON{st, p.Socket, p.Log})
	}
	t := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "version\t%s\n", harmless(st.Version))
	fmt.Fprintf(t, "pid\t%d\n", st.PID)
	fmt.Fprintf(t, "uptime\t%s\n", age(time.Since(st.StartedAt)))
	fmt.Fprintf(t, "sessions\t%d active, %d ended\n", st.Sessions, st.Ended)
	fmt.Fprintf(t, "clients\t%d\n", st.Clients)
	if st.KeeperPID != 0 {
		fmt.Fprintf(t, "keeper\tpid %d, version %s\n", st.KeeperPID, harmless(cmp.Or(st.KeeperVersion, "unknown")))
	} else {
		fmt.Fprintf(t, "keeper\tnone: sessions end with the server\n")
	}
	if len(st.SetAside) > 0 {
		fmt.Fprintf(t, "set aside\t%s (xsh server adopt tries again)\n", harmless(strings.Join(st.SetAside, " ")))
	}
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
	var force, keep bool
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop the server",
		Long: `Stop the server. While there are active sessions it refuses, unless --force
is given: then they are ended first. With --keep their programs go on without a
server, and the next command starts one that has them. The command returns when
the server has left.
` + exitCodesHelp,
		Example: "  xsh server stop",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStop(cmd.Context(), a, force, keep) },
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "end the active sessions")
	cmd.Flags().BoolVarP(&keep, "keep", "k", false, "leave the sessions without a server")
	cmd.MarkFlagsMutuallyExclusive("force", "keep")
	return cmd
}

func runStop(ctx context.Context, a *app, force, keep bool) error {
	c, err := a.dial(ctx)
	if err != nil {
		return withHint(noServer(err), nothingToStop(err))
	}
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if st.Sessions > 0 && !force && !keep {
		return withHint(fmt.Errorf("the server has %d active sessions", st.Sessions), "xsh server stop --force ends them, --keep leaves them without a server")
	}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	left, stop := launch.Exit, c.Stop
	if keep {
		left, stop = launch.ExitKept, c.StopAndKeep
	}
	wait, err := left(p)
	if err != nil {
		return err
	}
	n, err := stop(ctx)
	if err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := wait(ctx); err != nil {
		return err
	}
	switch {
	case keep && n > 0:
		fmt.Fprintf(a.err, "xsh: %s without a server now\n", count(n, "session goes on", "sessions go on"))
	case n > 0:
		fmt.Fprintf(a.err, "xsh: ended %s\n", count(n, "session", "sessions"))
	}
	return nil
}

// count is a number with what it counts.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
