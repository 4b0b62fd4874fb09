package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/mcp"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/tmuxwords"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newTmuxCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tmux WORD...",
		Short: "Do with sessions what a script says to tmux",
		Long: `Do what a script says to tmux, for tools that know nothing else: each pane is a
session, with labels that tell its tmux session and window. It is in xsh ls, and
xsh attach shows it. The words are, with their short names:

  ` + wrapped(tmuxwords.Words(), 76) + `

What is not understood, a word, a flag, a target or a variable of a format,
fails and is named; so does an option that a session cannot have.

A link called tmux that leads to xsh does the same. With xsh new --tmux-words,
or the setting tmux_words, a session's programs find one, and in $TMUX and
$TMUX_PANE that they are in a pane. Elsewhere a tool wants it in its PATH:
ln -s "$(command -v xsh)" ~/tools/tmux
` + exitCodesHelp,
		Example: `  xsh tmux new-session -d -s build -P -F '#{pane_id}' make
  xsh tmux send-keys -t build 'make test' Enter
  xsh tmux capture-pane -p -t build -S -100
  xsh tmux list-panes -a -F '#{session_name} #{pane_id}'
  xsh tmux set-option -g remain-on-exit on
  xsh tmux wait-for built`,
		DisableFlagParsing: true, // they are tmux's
		RunE: func(cmd *cobra.Command, line []string) error {
			if len(line) == 1 && (line[0] == "--help" || line[0] == "-h") {
				return cmd.Help()
			}
			return runTmux(cmd.Context(), a, line)
		},
	}
}

// wrapped is a list in lines of at most that width, which are indented by two.
func wrapped(list []string, width int) string {
	var lines []string
	line := ""
	for i, name := range list {
		if i < len(list)-1 {
			name += ","
		}
		if len(line)+1+len(name) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimLeft(line+" "+name, " ")
	}
	return strings.Join(append(lines, line), "\n  ")
}

// paneOptions is what xsh new would ask for a session that is a pane.
func (a *app) paneOptions(n tmuxwords.New) (exec.SessionOptions, error) {
	o := &newOptions{Name: n.Name, Command: n.Command, Dir: n.Dir, Env: n.Env, On: defaultHandler, pane: tmuxPane{n.Server, n.Session}}
	return o.ofSize(a, n.Size)
}

func runTmux(ctx context.Context, a *app, line []string) error {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	cfg := tmuxwords.Config{
		Inside: a.getenv("XSH_SESSION_ID"), InsidePane: a.getenv("TMUX_PANE"),
		Dir: filepath.Join(tmuxDir(p), "servers"), Socket: p.Socket, Server: tmuxwords.DefaultServer,
		In: a.in, Out: a.out,
		Options: a.paneOptions, Styled: styled,
		With: func(ctx context.Context, start bool, do func(tmuxwords.Sessions) error) error {
			err := a.withRunning(ctx, start, func(c *client.Client) error { return do(c) })
			if errors.Is(err, mcp.ErrNoSessions) {
				return tmuxwords.ErrNoServer
			}
			return err
		},
	}
	if name, ours := a.tmuxServer(p); ours {
		cfg.Server = name
	}
	a.catchSignals() // what waits leaves nothing behind
	if err := tmuxwords.Do(ctx, cfg, line); err != nil {
		return fmt.Errorf("tmux: %w", err)
	}
	return nil
}
