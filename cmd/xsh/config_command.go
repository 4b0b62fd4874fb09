package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
)

func newConfigCommand(a *app) *cobra.Command {
	output := outputFlag("toml", "json")
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show, check or edit the settings",
		Long: `Print the settings that are in effect, each with where it comes from: the
file, a variable such as XSH_IDLE, or the default. The output can serve as a
settings file. Flags of other commands go over what is shown.
` + localCodesHelp,
		Example: `  xsh config
  xsh config -o json
  xsh config edit`,
		Args: func(cmd *cobra.Command, list []string) error {
			if len(list) > 0 {
				return unknownCommand(cmd, list[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return runConfig(a, output.value) },
	}
	output.addOutput(cmd)
	cmd.AddCommand(newConfigPathCommand(a), newConfigCheckCommand(a), newConfigEditCommand(a))
	return cmd
}

func newConfigPathCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print the name of the settings file",
		Long:    "Print the name of the settings file, whether it is there or not.\n" + localCodesHelp,
		Example: "  cat \"$(xsh config path)\"",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			file, err := a.configFile()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, file)
			return err
		},
	}
}

func newConfigCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		Short:   "Say what is wrong with the settings",
		Long:    "Read the settings file and the XSH_* variables, and fail if something is wrong\nwith them. A file that is not there is right.\n" + localCodesHelp,
		Example: "  xsh config check",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := a.loadConfig()
			return err
		},
	}
}

func newConfigEditCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "edit",
		Short: "Open the settings file in your editor, and check it after",
		Long: `Open the settings file in $VISUAL, else $EDITOR, else vi, and say what is wrong
with it when the editor has ended. A file that is not there is made, with all
settings in it as comments.
` + localCodesHelp,
		Example: "  EDITOR=nano xsh config edit",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runConfigEdit(cmd.Context(), a) },
	}
}

// configFile returns the name of the settings file.
func (a *app) configFile() (string, error) {
	p, err := paths.Find(a.getenv)
	if err == nil && p.Config == "" {
		err = withHint(errors.New("there is no place for settings"), "set HOME or XDG_CONFIG_HOME")
	}
	return p.Config, err
}

// maxAligned is how wide a setting may be for where it comes from to stand below
// that of the others.
const maxAligned = 60

// settingJSON is a setting in effect as -o json has it.
type settingJSON struct {
	Setting string `json:"setting"`
	Value   string `json:"value"` // as TOML has it
	From    string `json:"from"`
	Default string `json:"default"`
}

func runConfig(a *app, output string) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	var list []settingJSON
	longest := 0
	for _, s := range settingList {
		row := settingJSON{s.key, s.def, "default", s.def}
		if from := c.From[s.key]; from != "" {
			row.Value, row.From = s.get(c), from
		}
		list = append(list, row)
		if n := columns(row.Setting + " = " + row.Value); n <= maxAligned {
			longest = max(longest, n)
		}
	}
	if output == "json" {
		return printJSON(a.out, list)
	}
	for _, row := range list {
		line := row.Setting + " = " + row.Value
		pad := strings.Repeat(" ", max(0, longest-columns(line)))
		if _, err := fmt.Fprintf(a.out, "%s%s  # %s\n", line, pad, harmless(row.From)); err != nil {
			return err
		}
	}
	return nil
}

func runConfigEdit(ctx context.Context, a *app) error {
	file, err := a.configFile()
	if err != nil {
		return err
	}
	if err := makeConfig(file); err != nil {
		return fmt.Errorf("make the settings file: %w", err)
	}
	editor := a.getenv("VISUAL")
	if editor == "" {
		editor = a.getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	// An editor may be given with arguments, as git and others take it.
	cmd := osexec.CommandContext(ctx, "/bin/sh", "-c", editor+` "$@"`, "sh", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, os.Stderr
	if err := cmd.Run(); err != nil {
		return withHint(fmt.Errorf("editor %q: %w", editor, err), "EDITOR sets another one")
	}
	_, err = a.loadConfig()
	return err
}

// makeConfig makes a settings file of comments, unless there is one.
func makeConfig(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString("# The settings of xsh; xsh config shows those in effect.\n")
	for _, s := range settingList {
		fmt.Fprintf(&text, "\n# %s: %s\n# %s = %s\n", s.help, s.want, s.key, s.def)
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}
