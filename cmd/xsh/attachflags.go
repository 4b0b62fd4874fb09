package main

import (
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// attachFlags are those of every command that attaches.
type attachFlags struct {
	ReadOnly     bool
	DetachOthers bool
	NoResize     bool
	ShareKeys    bool
	Replay       choiceFlag
	History      historyFlag
	Key          string
}

// replays are what --replay takes.
var replays = map[string]exec.Replay{
	"screen": exec.ReplayScreen,
	"none":   exec.ReplayNone,
	"raw":    exec.ReplayRaw,
}

func (f *attachFlags) addTo(cmd *cobra.Command) {
	f.Replay = choiceFlag{what: "replay", choices: []string{"screen", "none", "raw"}, value: "screen"}
	f.History = historyFlag{text: "auto"}
	flags := cmd.Flags()
	flags.BoolVarP(&f.ReadOnly, "read-only", "r", false, "watch: what you type and your size are ignored")
	flags.BoolVarP(&f.DetachOthers, "detach-others", "D", false, "detach everybody else")
	flags.BoolVar(&f.NoResize, "no-resize", false, "leave the session's size as it is, and show what fits")
	flags.BoolVar(&f.ShareKeys, "share-keyboard", false, "let xsh send type while you do, rather than wait until you pause")
	flags.Var(&f.Replay, "replay", "`what` to show first: screen (with history), none, or raw, the last output as it was written")
	flags.Var(&f.History, "history", "`lines` of history to show first: a number, all, none, or auto, what this terminal has not shown yet")
	flags.StringVar(&f.Key, "detach-key", "", "`keys` that detach, such as \"ctrl-a d\", or none (default: ctrl-\\ twice)")
	cmd.RegisterFlagCompletionFunc("replay", cobra.FixedCompletions(f.Replay.choices, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("history", cobra.FixedCompletions([]string{"auto", "all", "none"}, cobra.ShellCompDirectiveNoFileComp))
}

// config is what the flags and the settings say of an attach, with the settings.
func (f *attachFlags) config(a *app) (client.AttachConfig, config, error) {
	c, err := a.loadConfig()
	if err != nil {
		return client.AttachConfig{}, c, err
	}
	text := c.DetachKey
	if f.Key != "" {
		text = f.Key
	}
	key, err := client.ParseDetachKey(text)
	if err != nil {
		return client.AttachConfig{}, c, badKey(text, err)
	}
	cfg := client.AttachConfig{
		In: a.in, Out: a.out,
		DetachKey: key,
		Reconnect: c.reconnect(),

		KeepScrollback: c.KeepScrollback,

		Options: exec.AttachOptions{
			ReadOnly: f.ReadOnly, DetachOthers: f.DetachOthers, NoResize: f.NoResize, HoldsKeyboard: !f.ShareKeys, Pixels: a.pixels(),
			TTY: ttyName(a.in), PID: os.Getpid(), Remote: remoteHost(a.getenv("SSH_CONNECTION")),
			Replay: replays[f.Replay.value], History: f.History.lines,
			Environment: a.environment(c), SyncOutput: !slices.Contains(plainTerminals, a.getenv("TERM")),
		},
	}
	if c.Title {
		cfg.Title, cfg.StateTitle = a.windowTitle, a.stateTitle
	}
	if f.History.text == "auto" {
		cfg.Terminal = client.TerminalID(a.out)
	}
	return cfg, c, nil
}

// plainTerminals are those that do not pass over what they do not know.
var plainTerminals = []string{"", "dumb", "linux", "unknown", "vt52", "vt100", "vt102", "vt220"}

// historyFlag is how much history a replay has.
type historyFlag struct {
	text  string
	lines int // as exec.AttachOptions has it
}

// String returns what was asked for.
func (f *historyFlag) String() string { return f.text }

// Type is what help calls the flag's value.
func (f *historyFlag) Type() string { return "lines" }

// Set takes a number, or a word.
func (f *historyFlag) Set(text string) error {
	lines := 0
	switch text {
	case "auto", "all":
	case "none":
		lines = -1
	default:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return err
		}
		lines = int(n)
	}
	f.text, f.lines = text, lines
	return nil
}

// reconnect is how long a client dials again when its connection broke.
func (c config) reconnect() time.Duration {
	d, _ := time.ParseDuration(c.Reconnect) // checked when it was set
	return d
}
