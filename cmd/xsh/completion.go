package main

import (
	"bytes"
	"context"
	_ "embed"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsh-project/xsh/pkg/exec"
)

func newCompletionCommand(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Print a script that has SHELL (bash, zsh, fish or powershell) complete xsh's
commands, flags and session names. Each shell reads it from a place of its own:

  bash   ~/.local/share/bash-completion/completions/xsh, or in ~/.bashrc:
         source <(xsh completion bash)
  zsh    a file _xsh in a directory of $fpath, or in ~/.zshrc behind compinit:
         source <(xsh completion zsh)
  fish   ~/.config/fish/completions/xsh.fish
` + localCodesHelp,
		Example: `  source <(xsh completion bash)
  xsh completion fish > ~/.config/fish/completions/xsh.fish`,
		Args:      args(cobra.ExactArgs(1), "one SHELL: bash, zsh, fish or powershell"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, list []string) error {
			root := cmd.Root()
			switch list[0] {
			case "bash":
				return writeBash(root, a.out)
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

// bashWords has, under names of ours, the functions that cobra's script takes
// from the package bash-completion, which not every machine has.
//
//go:embed completion_words.bash
var bashWords string

// writeBash writes cobra's script with the functions of bashWords in place of
// the package's.
func writeBash(root *cobra.Command, w io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	const init = "__xsh_init_completion()\n{\n    COMPREPLY=()\n    _get_comp_words_by_ref \"$@\" cur prev words cword\n}\n"
	text := strings.ReplaceAll(script.String(), "_filedir", "__xsh_filedir")
	_, err := io.WriteString(w, strings.Replace(text, init, bashWords, 1))
	return err
}

// addCompletions has every flag and argument complete to what it is: nothing of
// ours is the name of a file.
func (a *app) addCompletions(cmd *cobra.Command) {
	none := cobra.NoFileCompletions
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); has || f.NoOptDefVal != "" {
			return
		}
		complete := none
		if c, ok := f.Value.(*choiceFlag); ok {
			complete = cobra.FixedCompletions(c.choices, cobra.ShellCompDirectiveNoFileComp)
		} else {
			switch f.Name {
			case "selector", "label":
				complete = a.completeLabels
			case "on":
				complete = cobra.FixedCompletions(handlerKeys(), cobra.ShellCompDirectiveNoFileComp)
			case "dir":
				complete = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
			case "env":
				complete = completeVariables
			case "detach-key":
				complete = cobra.FixedCompletions([]string{"none", "ctrl-a", "ctrl-]"}, cobra.ShellCompDirectiveNoFileComp)
			}
		}
		cmd.RegisterFlagCompletionFunc(f.Name, complete)
	})
	switch {
	case cmd.Name() == "new":
		cmd.ValidArgsFunction = a.completeNew
	case cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0:
		cmd.ValidArgsFunction = none
	}
	// The quotes around what help calls a flag's value are for help alone.
	cmd.Flags().VisitAll(func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) })
	for _, below := range cmd.Commands() {
		a.addCompletions(below)
	}
}

// completionWait is how long a shell is kept waiting for names.
const completionWait = 500 * time.Millisecond

// sessions returns all sessions for a completion. It starts no server.
func (a *app) sessions(ctx context.Context) []*exec.Session {
	ctx, cancel := context.WithTimeout(ctx, completionWait)
	defer cancel()
	quiet := *a
	quiet.err = io.Discard
	c, err := quiet.dial(ctx)
	if err != nil {
		return nil
	}
	defer c.Close()
	list, err := c.ListAll(request(ctx))
	if err != nil {
		return nil
	}
	return list
}

// completeSessions completes the names of those sessions that are wanted, up
// to most arguments (negative: any number), none that was given already.
func (a *app) completeSessions(most int, want func(*exec.Session) bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most >= 0 && len(given) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		list := slices.DeleteFunc(a.sessions(cmd.Context()), func(s *exec.Session) bool { return !want(s) })
		shared := sharedNames(list)
		for _, s := range list {
			name := s.Name
			if shared[name] {
				name = s.ID
			}
			if !slices.Contains(given, name) {
				about := cut(status(s)+", "+command(s), 60)
				names = append(names, cobra.CompletionWithDesc(harmless(name), about))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeLabels completes KEY=VALUE by the labels that sessions have.
func (a *app) completeLabels(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var pairs []string
	for _, s := range a.sessions(cmd.Context()) {
		for k, v := range s.Labels {
			pairs = append(pairs, harmless(k+"="+v))
		}
	}
	slices.Sort(pairs)
	return slices.Compact(pairs), cobra.ShellCompDirectiveNoFileComp
}

// completeVariables completes the name of a variable of the environment.
func completeVariables(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if !strings.Contains(typed, "=") {
		for _, pair := range os.Environ() {
			if checkVariable(pair) == nil {
				name, _, _ := strings.Cut(pair, "=")
				names = append(names, name+"=")
			}
		}
	}
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeNew completes the arguments of new: with -A the names of sessions,
// else no name, since it is a new one; and behind -- a command of the system.
func (a *app) completeNew(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
	// cobra parses with a -- of its own, so that ArgsLenAtDash says nothing here.
	if dash := slices.Index(os.Args, "--"); dash >= 0 && dash < len(os.Args)-1 {
		if dash == len(os.Args)-2 && !strings.Contains(typed, "/") {
			return programs(a.getenv("PATH"), typed), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
	if attach, _ := cmd.Flags().GetBool("attach"); attach {
		return a.completeSessions(1, activeSession)(cmd, given, typed)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// programs returns the names in PATH that begin as typed.
func programs(path, typed string) []string {
	var names []string
	for _, dir := range filepath.SplitList(path) {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			if strings.HasPrefix(f.Name(), typed) && !f.IsDir() {
				names = append(names, f.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
