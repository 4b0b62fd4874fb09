package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// finding is what one check found. The keys are a promise; so are the names of
// the checks.
type finding struct {
	Check string   `json:"check"`
	State wellness `json:"state"`
	Found string   `json:"found"`
	Fix   string   `json:"fix"` // what to do; empty for nothing
}

// wellness is how a check came out.
type wellness string

const (
	well   wellness = "ok"
	warned wellness = "warn" // it works, and something will surprise
	failed wellness = "fail" // it does not work
)

func newDoctorCommand(a *app) *cobra.Command {
	output := outputFlag("table", "json")
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong around xsh, and what to do about it",
		Long: `Look at all that sessions depend on: the versions of client, server and keeper,
the directory of the socket, files that were left there, the settings, the log,
the limits of open files and processes, memory, pseudo-terminals, this terminal,
what a logout ends, and whether the server sees the files that you see. Each
line says what was looked at and what was found, and if need be what to do. No
server is started for it, and nothing is changed.

The exit code is 1 if something fails (fail); what may surprise you later (warn)
does not count.
` + exitCodesHelp,
		Example: `  xsh doctor
  xsh doctor -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, output.value) },
	}
	output.addOutput(cmd)
	return cmd
}

func runDoctor(ctx context.Context, a *app, output string) error {
	a.knowsVersion = true
	all := newDoctor(ctx, a).examine()
	var err error
	if output == "json" {
		err = printJSON(a.out, all)
	} else {
		err = printFindings(a.out, all)
	}
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.State == failed {
			return &codedError{code: codeFailed}
		}
	}
	return nil
}

func printFindings(w io.Writer, all []finding) error {
	longest := 0
	for _, f := range all {
		longest = max(longest, columns(f.Check))
	}
	for _, f := range all {
		pad := strings.Repeat(" ", longest-columns(f.Check))
		if _, err := fmt.Fprintf(w, "%-4s  %s%s  %s\n", f.State, f.Check, pad, harmless(f.Found)); err != nil {
			return err
		}
		if f.Fix == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "      %s  hint: %s\n", strings.Repeat(" ", longest), harmless(f.Fix)); err != nil {
			return err
		}
	}
	return nil
}
