package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
)

// What a program is called with to be the server that a keeper starts, and the
// keeper. A release may be asked for either by any other: they stay.
var (
	keptServerArgs = []string{"server", "start", "--foreground"}
	keeperArgs     = []string{client.KeeperCommand}
)

// newKeeperCommand returns what people have no use for: the process that starts
// the server and holds its sessions.
func newKeeperCommand(a *app) *cobra.Command {
	var probe bool
	cmd := &cobra.Command{
		Use:     client.KeeperCommand,
		Short:   "Keep sessions for the server, which it starts",
		Long:    "Keep sessions for the server, which it starts, and starts again if need be.\n" + exitCodesHelp,
		Example: "  xsh keeper --probe",
		Hidden:  true,
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if probe {
				return json.NewEncoder(a.out).Encode(server.OwnProbe(version()))
			}
			return runKeeper(a)
		},
	}
	cmd.Flags().BoolVar(&probe, "probe", false, "say what this program is, and end")
	return cmd
}

// runKeeper is the keeper. Where there can be none it is the server itself.
func runKeeper(a *app) (err error) {
	if !keeper.Supported {
		return runServer(a, true)
	}
	orders := keeper.CatchOrders()
	signal.Reset(syscall.SIGQUIT) // or all that is started would ignore it; see internal/early
	launch.KeepFiles()
	child.ResetIgnored()
	// Nobody waits for one that was something else before, or that systemd
	// started: descriptor 3 is something else then.
	said := keeper.Inherited() || keeper.BySystemd()
	say := func(warning string, err error) {
		if !said {
			said = true
			launch.Ready(warning, err)
		}
	}
	defer func() { say("", err) }()
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	file := server.OpenLog(p.Log, true)
	defer file.Close()
	log := slog.New(slog.NewTextHandler(file, nil)).With("process", "keeper")
	return server.Keep(server.KeeperConfig{
		Paths:   p,
		Version: version(),
		Server:  append([]string{server.Program()}, keptServerArgs...),
		Orders:  orders,
		Log:     func(line string) { log.LogAttrs(context.Background(), slog.LevelInfo, line) },
		Ready: func(warning string, err error) {
			if problem := file.Problem(); problem != nil && warning == "" {
				warning = fmt.Sprintf("the server runs without a log: %v", problem)
			}
			say(warning, err)
		},
	})
}
