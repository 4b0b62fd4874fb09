package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// followed are the variables in which a session follows its leader, unless the
// settings say otherwise.
var followed = []string{"SSH_AUTH_SOCK", "SSH_CONNECTION", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS"}

// agentVariable names the socket of an agent that has a user's keys.
const agentVariable = "SSH_AUTH_SOCK"

// maxFollowed bounds update_environment.
const maxFollowed = 64

var updateEnvironment = setting{
	key: "update_environment", want: `names of variables, such as ["DISPLAY", "SSH_AUTH_SOCK"]`, def: quotedList(followed),
	help: "variables that are those of whoever types",
	set: func(c *config, value any) error {
		names := []string{}
		switch v := value.(type) {
		case string: // of the environment
			names = strings.Fields(v)
		case []any:
			for _, name := range v {
				text, ok := name.(string)
				if !ok {
					return errWant
				}
				names = append(names, text)
			}
		default:
			return errWant
		}
		for _, name := range names {
			if err := checkVariable(name + "="); err != nil {
				return err
			}
		}
		if len(names) > maxFollowed {
			return fmt.Errorf("at most %d variables are followed", maxFollowed)
		}
		c.UpdateEnvironment = names
		return nil
	},
	near: func(any) string { return "" },
	get:  func(c config) string { return quotedList(c.UpdateEnvironment) },
}

// quotedList is a list of names as TOML has it.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + name + `"`
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// environment is what a server is told of this process's environment.
func (a *app) environment(c config) []string {
	var env []string
	for _, name := range c.UpdateEnvironment {
		if value := a.getenv(name); value != "" {
			name += "=" + value
		}
		env = append(env, name)
	}
	return env
}

// followsAgent tells whether SSH_AUTH_SOCK of a new session is to lead to the agent
// of whoever types there: there is an agent, and -e does not name another.
func (o *newOptions) followsAgent(a *app) (bool, error) {
	named := func(pair string) bool { return strings.HasPrefix(pair, agentVariable+"=") }
	if a.getenv(agentVariable) == "" || slices.ContainsFunc(o.Env, named) {
		return false, nil
	}
	conf, err := a.loadConfig()
	return slices.Contains(conf.UpdateEnvironment, agentVariable), err
}

type envOptions struct {
	Shell  bool
	Output choiceFlag
}

func newEnvCommand(a *app) *cobra.Command {
	o := &envOptions{Output: outputFlag("text", "json")}
	cmd := &cobra.Command{
		Use:   "env NAME",
		Short: "Tell the environment of whoever types in a session",
		Long: `Print the variables of the setting update_environment as the client has them
that leads the session: in which somebody attached or typed last. One that is
not set there is left out, with -o json it is null.

bash, zsh and fish take them over at their next prompt by themselves. For other
shells --shell prints commands that set them; with it SSH_AUTH_SOCK is the name
that stays in the session and always reaches the leader's agent.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh env web
  eval "$(xsh env . --shell)"    inside a session, as in a shell's prompt`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, activeSession),
		RunE:              func(cmd *cobra.Command, list []string) error { return runEnv(cmd.Context(), a, o, list[0]) },
	}
	cmd.Flags().BoolVar(&o.Shell, "shell", false, "print commands for a shell such as sh")
	o.Output.addOutput(cmd)
	return cmd
}

func runEnv(ctx context.Context, a *app, o *envOptions, name string) error {
	if o.Shell && o.Output.value == "json" {
		return usagef("--shell does not go with -o json")
	}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	return a.one(ctx, name, func(c *client.Client, name string) error {
		s, err := c.GetSession(request(ctx), name)
		if err != nil {
			return err
		}
		env, err := c.Environment(request(ctx), s.ID)
		if err != nil {
			return err
		}
		switch {
		case o.Output.value == "json":
			values := map[string]*string{}
			for _, pair := range env {
				name, value, set := strings.Cut(pair, "=")
				values[name] = nil
				if set {
					values[name] = &value
				}
			}
			return printJSON(a.out, values)
		case o.Shell:
			return printCommands(a.out, env, local.AgentPath(shellDir(p), s.ID))
		}
		for _, pair := range env {
			if strings.Contains(pair, "=") {
				_, err = fmt.Fprintln(a.out, harmless(pair))
			}
		}
		return err
	})
}

// printCommands prints the commands that take variables over. agent is the name of
// the leader's agent in the session.
func printCommands(out *os.File, env []string, agent string) error {
	var failed error
	for _, pair := range env {
		name, value, set := strings.Cut(pair, "=")
		if name == agentVariable && set && agent != "" {
			value = agent
		}
		line := "unset " + name
		if set {
			line = "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		_, err := fmt.Fprintln(out, line)
		failed = errors.Join(failed, err)
	}
	return failed
}
