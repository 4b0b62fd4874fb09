package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeManPages writes the man pages of a command and those below it into a
// directory, which the Makefile asks for: they say what help says. They bear the
// date of SOURCE_DATE_EPOCH, or none.
func writeManPages(cmd *cobra.Command, dir string) error {
	cmd.InitDefaultHelpFlag()
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	page := manPage(cmd, os.Getenv("SOURCE_DATE_EPOCH"))
	if err := os.WriteFile(filepath.Join(dir, name+".1"), page, 0o644); err != nil {
		return fmt.Errorf("write the man page %s: %w", name, err)
	}
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" {
			continue
		}
		if err := writeManPages(c, dir); err != nil {
			return err
		}
	}
	return nil
}

// manPage is the help of a command in the macros of man(7).
func manPage(cmd *cobra.Command, epoch string) []byte {
	var b bytes.Buffer
	date := ""
	if n, err := strconv.ParseInt(epoch, 10, 64); err == nil {
		date = time.Unix(n, 0).UTC().Format(time.DateOnly)
	}
	title := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %s 1 %q %q %q\n", strings.ToUpper(title), date, "xsh "+version(), "xsh manual")
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(title), roff(cmd.Short))
	b.WriteString(".SH SYNOPSIS\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, ".B %s\n", roff(cmd.UseLine()))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, ".br\n.B %s\n.I COMMAND\n", roff(cmd.CommandPath()))
	}
	b.WriteString(".SH DESCRIPTION\n")
	verbatim(&b, cmd.Long)
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(c.Name()), roff(c.Short))
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		b.WriteString(".SH OPTIONS\n")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { manFlag(&b, f) })
	}
	if cmd.HasExample() {
		b.WriteString(".SH EXAMPLES\n")
		verbatim(&b, cmd.Example)
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(strings.ReplaceAll(cmd.Parent().CommandPath(), " ", "-")))
	}
	return b.Bytes()
}

func manFlag(b *bytes.Buffer, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	b.WriteString(".TP\n.B ")
	if f.Shorthand != "" {
		b.WriteString(roff("-"+f.Shorthand) + ", ")
	}
	b.WriteString(roff(strings.TrimSpace("--"+f.Name+" "+value)) + "\n" + roff(usage) + "\n")
}

// verbatim writes text that is laid out already.
func verbatim(b *bytes.Buffer, text string) {
	b.WriteString(".nf\n")
	for line := range strings.Lines(strings.Trim(text, "\n") + "\n") {
		if line == "\n" {
			b.WriteString(".sp\n")
			continue
		}
		b.WriteString(roff(line))
	}
	b.WriteString(".fi\n")
}

// roff is text that has no meaning to the formatter: its backslashes and hyphens
// are printed as such, and no line of it is a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
