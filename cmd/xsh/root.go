package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// app is what the commands share: the standard files and the environment.
type app struct {
	in, out *os.File
	err     io.Writer
	getenv  func(string) string
	// catchSignals has the command's context end at a signal that tells this
	// process to end, from now on; a command that runs for long has that by itself.
	catchSignals func()
	// knowsVersion: the command is about the server's version, which need not be
	// said once more.
	knowsVersion bool
	// restores: the command is about the sessions that can be brought back.
	restores bool
}

// commands are those below xsh, by their names and other names.
var commands = []struct {
	names []string
	make  func(*app) *cobra.Command
}{
	{[]string{"new"}, func(a *app) *cobra.Command { return attaches(newNewCommand(a)) }},
	{[]string{"attach", "a"}, func(a *app) *cobra.Command { return attaches(newAttachCommand(a)) }},
	{[]string{"detach"}, newDetachCommand},
	{[]string{"switch"}, newSwitchCommand},
	{[]string{"ls", "list"}, newLsCommand},
	{[]string{"kill"}, newKillCommand},
	{[]string{"send"}, newSendCommand},
	{[]string{"run"}, newRunCommand},
	{[]string{"wait"}, newWaitCommand},
	{[]string{"capture"}, newCaptureCommand},
	{[]string{"logs"}, newLogsCommand},
	{[]string{"grep"}, newGrepCommand},
	{[]string{"record"}, newRecordCommand},
	{[]string{"export"}, newExportCommand},
	{[]string{"play"}, newPlayCommand},
	{[]string{"rewind"}, newRewindCommand},
	{[]string{"events"}, newEventsCommand},
	{[]string{"env"}, newEnvCommand},
	{[]string{"label"}, newLabelCommand},
	{[]string{"rename"}, newRenameCommand},
	{[]string{"report"}, newReportCommand},
	{[]string{"setup"}, newSetupCommand},
	{[]string{"skill"}, newSkillCommand},
	{[]string{"mcp"}, newMCPCommand},
	{[]string{"tmux"}, newTmuxCommand},
	{[]string{"inspect"}, newInspectCommand},
	{[]string{"resize"}, newResizeCommand},
	{[]string{"clear-history"}, newClearHistoryCommand},
	{[]string{"respawn"}, newRespawnCommand},
	{[]string{"restart-with"}, newRestartWithCommand},
	{[]string{"restore"}, newRestoreCommand},
	{[]string{"rm"}, newRmCommand},
	{[]string{"server"}, newServerCommand},
	{[]string{"keeper"}, newKeeperCommand},
	{[]string{"config"}, newConfigCommand},
	{[]string{"doctor"}, newDoctorCommand},
	{[]string{"completion"}, newCompletionCommand},
	{[]string{"init"}, newInitCommand},
	{[]string{"pick"}, newPickCommand},
	{[]string{"up"}, newUpCommand},
	{[]string{"down"}, newDownCommand},
	{[]string{"version"}, newVersionCommand},
}

// newCommands returns the command that was typed first, or all of them if there
// is none of that name.
func newCommands(a *app, typed []string) []*cobra.Command {
	var all []*cobra.Command
	for _, c := range commands {
		if len(typed) > 0 && slices.Contains(c.names, typed[0]) {
			return []*cobra.Command{c.make(a)}
		}
	}
	for _, c := range commands {
		all = append(all, c.make(a))
	}
	return all
}

// newRootCommand returns the command xsh for what was typed behind it. An attach
// is felt, so what was not typed is not made: no other command, and with a
// command no help and no flags of xsh itself, which stand before the command.
func newRootCommand(a *app, typed []string) *cobra.Command {
	below := newCommands(a, typed)
	cmd := &cobra.Command{
		Use:               "xsh",
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return flagsBefore(cmd) },
		// Else the flags before a command's name would be taken for its own, and
		// "xsh -a kill" would end every session.
		TraverseChildren:  true,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	cmd.SetUsageTemplate(usageTemplate)
	cmd.SetOut(a.out)
	cmd.SetErr(a.err)
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetHelpCommand(newHelpCommand())
	cmd.AddCommand(below...)
	if len(below) > 1 {
		a.describeRoot(cmd)
	}
	if len(typed) > 0 && strings.HasPrefix(typed[0], cobra.ShellCompRequestCmd) {
		a.addCompletions(cmd)
	}
	cmd.SetArgs(typed)
	return cmd
}

// describeRoot gives xsh itself its help, its flags, and what it does without a
// command.
func (a *app) describeRoot(cmd *cobra.Command) {
	ls, tellVersion := newLsOptions(), false
	cmd.Short = "Terminal sessions that you can leave and come back to"
	cmd.Long = `xsh keeps terminal programs running while nobody looks, and gives them back
exactly as they were. Without a command it lists the sessions, as xsh ls does,
with the same flags; with the setting picker it is xsh pick on a terminal.

Settings stand in $XDG_CONFIG_HOME/xsh/config.toml (~/.config/xsh/config.toml):
` + settingsHelp() + `
Each is a variable as well, such as XSH_IDLE, which goes over the file; flags go
over both. xsh config shows what is in effect. XSH_DIR is the directory of the
server's socket.
` + exitCodesHelp
	cmd.Example = `  xsh new              a shell that stays when you leave it
  Ctrl-\ Ctrl-\        leave it
  xsh ls               what runs
  xsh attach           come back to the one used last`
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if tellVersion {
			return printVersion(a)
		}
		if cmd.Flags().NFlag() == 0 && a.picks() {
			return runPick(cmd.Context(), a, &pickOptions{})
		}
		return runLs(cmd.Context(), a, ls)
	}
	ls.AddFlags(cmd)
	cmd.Flags().BoolVarP(&tellVersion, "version", "V", false, "print the version, as xsh version does")
}

// flagsBefore refuses flags that stand before the name of a command.
func flagsBefore(cmd *cobra.Command) error {
	if root := cmd.Root(); cmd != root && root.Flags().NFlag() > 0 {
		return withHint(usagef("flags stand before the command %s", cmd.Name()), "put them behind it: "+cmd.CommandPath()+" ...")
	}
	return nil
}

// unknownCommand says that cmd has no command of the name that was typed, and
// which was meant.
func unknownCommand(cmd *cobra.Command, typed string) error {
	full := strings.TrimPrefix(cmd.CommandPath()+" "+typed, cmd.Root().Name()+" ")
	return withHint(usagef("no such command %q", full), suggest(cmd, typed))
}

func suggest(cmd *cobra.Command, typed string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && !destroys(c.Name()) {
			names = append(append(names, c.Name()), c.Aliases...)
		}
	}
	if cmd.HasParent() {
		if near := nearest(typed, names); near != "" {
			return "did you mean " + cmd.CommandPath() + " " + near + "?"
		}
		return cmd.CommandPath() + " takes " + orList(commandNames(cmd))
	}
	if hint := elsewhere[strings.ToLower(typed)]; hint != "" && leadsSomewhere(cmd, hint) {
		return hint
	}
	if near := nearest(typed, names); near != "" {
		return "did you mean xsh " + near + "?"
	}
	return "xsh help lists the commands"
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// leadsSomewhere tells whether a hint that begins with a command names one that
// there is.
func leadsSomewhere(root *cobra.Command, hint string) bool {
	words := strings.Fields(hint)
	if words[0] != root.Name() || words[1] == "help" || words[1] == "has" {
		return true
	}
	for _, c := range root.Commands() {
		if c.Name() == words[1] {
			return true
		}
	}
	return false
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
