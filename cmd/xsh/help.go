package main

import "github.com/spf13/cobra"

// usageTemplate is cobra's, with the examples last: they are what is read.
const usageTemplate = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{end}}{{if gt (len .Aliases) 0}}

Also called:{{range .Aliases}} {{.}}{{end}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}
`

func newHelpCommand() *cobra.Command {
	man := ""
	help := &cobra.Command{
		Use:   "help [COMMAND...]",
		Short: "Tell what a command does, its flags and examples",
		Long:  "Tell what a command does, its flags and examples; without COMMAND, which commands\nthere are.\n" + localCodesHelp,
		Example: `  xsh help
  xsh help new`,
		ValidArgsFunction: completeCommands,
		RunE: func(cmd *cobra.Command, names []string) error {
			about := cmd.Root()
			if man != "" {
				return writeManPages(about, man)
			}
			for _, name := range names {
				below := commandBelow(about, name)
				if below == nil {
					return unknownCommand(about, name)
				}
				about = below
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
	help.Flags().StringVar(&man, "man", "", "write the man pages into this directory")
	help.Flags().MarkHidden("man")
	return help
}

// commandBelow returns the command of that name or alias below cmd, or nil.
func commandBelow(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if c.Name() == name || c.HasAlias(name) {
			return c
		}
	}
	return nil
}

// completeCommands completes the names of commands, one below the other.
func completeCommands(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	about := cmd.Root()
	for _, name := range given {
		if about = commandBelow(about, name); about == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
	var names []string
	for _, c := range about.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
