package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/exec"
)

func newCompletionCommand(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Print a script that has SHELL (bash, zsh, fish or powershell) complete xsh's
commands, flags and session names.
` + exitCodesHelp,
		Example: `  source <(xsh completion bash)
  xsh completion fish > ~/.config/fish/completions/xsh.fish`,
		Args:      args(cobra.ExactArgs(1), "one SHELL: bash, zsh, fish or powershell"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, list []string) error {
			root := cmd.Root()
			switch list[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return usagef("no such shell %q: want bash, zsh, fish or powershell", list[0])
		},
	}
}

// completionWait is how long a shell is kept waiting for names.
const completionWait = 500 * time.Millisecond

// completeSessions completes the names of those sessions that are wanted, up
// to most arguments (negative: any number). It starts no server.
func (a *app) completeSessions(most int, want func(*exec.Session) bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most >= 0 && len(given) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionWait)
		defer cancel()
		c, err := a.dial(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer c.Close()
		list, err := c.ListAll(request(ctx))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, s := range list {
			if want(s) {
				names = append(names, cobra.CompletionWithDesc(s.Name, status(s)+", "+command(s)))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
