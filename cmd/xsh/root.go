package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
)

// app is what the commands share: the standard files and the environment.
type app struct {
	in, out *os.File
	err     io.Writer
	getenv  func(string) string
}

func newRootCommand(a *app) *cobra.Command {
	ls := &lsOptions{Output: "table"}
	cmd := &cobra.Command{
		Use:   "xsh",
		Short: "Terminal sessions that you can leave and come back to",
		Long: `xsh keeps terminal programs running while nobody looks, and gives them back
exactly as they were. Without a command it lists the sessions, as xsh ls does.

Settings stand in $XDG_CONFIG_HOME/xsh/config.toml (~/.config/xsh/config.toml):
detach_key = "ctrl-a d", and, for the server when it starts, idle = "15m",
history = 10000 (lines a session keeps) and buffer_bytes = 1000000. The
variables XSH_DETACH_KEY and XSH_IDLE go over the file, flags over both.
XSH_DIR is the directory of the server's socket.
` + exitCodesHelp,
		Example: `  xsh new              a shell that stays when you leave it
  Ctrl-\ Ctrl-\        leave it
  xsh ls               what runs
  xsh attach           come back to the one used last`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return withHint(usagef("no such command %q", args[0]), suggest(cmd, args[0]))
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return runLs(cmd.Context(), a, ls) },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		// cobra sets it only where it reports the error itself.
		SuggestionsMinimumDistance: 2,
	}
	cmd.SetUsageTemplate(usageTemplate)
	cmd.SetOut(a.out)
	cmd.SetErr(a.err)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return withHint(&usageError{err}, cmd.CommandPath()+" --help tells the flags")
	})
	cmd.AddCommand(
		newNewCommand(a), newAttachCommand(a), newDetachCommand(a), newLsCommand(a),
		newKillCommand(a), newRmCommand(a), newServerCommand(a),
		newCompletionCommand(a), newVersionCommand(a),
	)
	return cmd
}

func suggest(cmd *cobra.Command, typed string) string {
	if near := cmd.SuggestionsFor(typed); len(near) > 0 {
		return "did you mean xsh " + near[0] + "?"
	}
	return "xsh help lists the commands"
}

// args checks the number of arguments; what is wrong is a usage error.
func args(check cobra.PositionalArgs, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if check(cmd, list) == nil {
			return nil
		}
		return withHint(usagef("%s takes %s", cmd.CommandPath(), want), cmd.CommandPath()+" --help shows how")
	}
}
