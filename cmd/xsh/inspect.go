package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

func newInspectCommand(a *app) *cobra.Command {
	output := outputFlag("text", "json")
	cmd := &cobra.Command{
		Use:   "inspect NAME",
		Short: "Tell all about a session",
		Long: `Tell all that is known of a session, also of an ended one: its program, its
terminal, who is attached. With -o json it is an object with the keys that
xsh ls -o json has.
` + refsHelp + `
` + exitCodesHelp,
		Example: `  xsh inspect web
  xsh inspect . -o json | jq -r .dir`,
		Args:              args(cobra.ExactArgs(1), "one NAME"),
		ValidArgsFunction: a.completeSessions(1, anySession),
		RunE: func(cmd *cobra.Command, list []string) error {
			return runInspect(cmd.Context(), a, output.value, list[0])
		},
	}
	output.addOutput(cmd)
	return cmd
}

func runInspect(ctx context.Context, a *app, form, name string) error {
	return a.one(ctx, name, func(c *client.Client, name string) error {
		s, err := c.GetSession(request(ctx), name)
		if err != nil {
			return err
		}
		if form == "json" {
			return printJSON(a.out, a.listed([]*exec.Session{s})[0])
		}
		return printSession(a.out, s, time.Now())
	})
}

// kept says what the disk has of a session for xsh restore.
func kept(s *exec.Session) string {
	switch {
	case s.Persist == exec.PersistNothing || s.Exit != nil:
		return ""
	case s.PersistProblem != "":
		return "not on disk: " + harmless(s.PersistProblem)
	case s.Persist == exec.PersistHistory:
		return "on disk, with what it printed"
	default:
		return "on disk"
	}
}

// printSession prints a line for each thing that is known.
func printSession(w io.Writer, s *exec.Session, now time.Time) error {
	out := bufio.NewWriter(w)
	line := func(what, text string) {
		if text != "" {
			fmt.Fprintf(out, "%-12s%s\n", what+":", text)
		}
	}
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return fmt.Sprintf("%s (%s ago)", t.Local().Format(time.DateTime), age(now.Sub(t)))
	}
	line("name", harmless(s.Name))
	line("id", harmless(s.ID))
	line("status", status(s))
	line("command", command(s))
	if len(s.RestartWith) > 0 {
		line("next time", command(&exec.Session{Command: s.RestartWith})+" in "+harmless(cmp.Or(s.RestartDir, s.Dir)))
	}
	line("handler", harmless(s.Handler))
	line("directory", harmless(s.Dir))
	line("title", harmless(s.Title))
	line("shell", strings.Replace(string(s.Shell), "command", "runs a command", 1))
	line("state", stateLine(s.State, now))
	line("size", sizeAndPolicy(s))
	line("labels", labels(s.Labels))
	if s.TTL > 0 {
		line("ends", "when nobody has used it for "+s.TTL.String())
	}
	if s.OnExit != exec.OnExitKeep {
		line("on exit", string(s.OnExit))
	}
	line("created", when(s.CreatedAt))
	line("attached", when(s.AttachedAt))
	line("typed", when(s.UsedAt))
	line("ended", when(s.EndedAt))
	line("typed by", typists(s.Typists, now))
	line("kept", kept(s))
	if s.KeepProblem != "" && s.Exit == nil {
		line("server", "ends with it: "+harmless(s.KeepProblem))
	}
	for i, c := range s.Attachments {
		line(fmt.Sprintf("client %d", i+1), "since "+c.Since.Local().Format(time.DateTime)+", "+strings.Join(aboutClient(c, now), ", "))
	}
	return out.Flush()
}

// sizeAndPolicy says a session's size, and whose it is if that is not the leader's.
func sizeAndPolicy(s *exec.Session) string {
	switch s.SizePolicy {
	case "", exec.SizeLeader:
		return columnsByRows(s.Size)
	case exec.SizeFixed:
		return columnsByRows(s.Size) + ", kept"
	default:
		return columnsByRows(s.Size) + ", the " + harmless(string(s.SizePolicy)) + " client's"
	}
}

// typists says who typed last, and when.
func typists(all []exec.TypedBy, now time.Time) string {
	var list []string
	for _, t := range all {
		who := string(t.Kind)
		if t.Client != "" {
			who += " in " + t.Client
		}
		list = append(list, harmless(who)+" "+age(now.Sub(t.At))+" ago")
	}
	return strings.Join(list, ", ")
}
