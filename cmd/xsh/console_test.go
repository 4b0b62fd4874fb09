package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// example is a command line of a page and what the page says that it prints.
type example struct {
	command string
	want    []string
}

// consoleExamples are the examples of a page: of its blocks that are marked console,
// each line that begins with "$ ", and the lines up to the next.
func consoleExamples(page string) []example {
	var found []example
	inside, settings := false, false
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch command, typed := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			if settings {
				found[len(found)-1].command += "END"
			}
			inside, settings = line == "```console", line == "```toml settings"
			if settings {
				found = append(found, example{command: settingsBlock})
			}
		case settings:
			found[len(found)-1].command += line + "\n"
		case inside && typed:
			found = append(found, example{command: command})
		case inside && len(found) > 0:
			last := &found[len(found)-1]
			last.want = append(last.want, line)
		}
	}
	return found
}

// settingsBlock is what a block that is marked toml settings begins with: the examples
// behind it have those settings.
const settingsBlock = `mkdir -p "$(dirname "$(xsh config path)")" && cat >"$(xsh config path)" <<'END'
`

// pattern matches what the example prints: "..." stands for any text, and how long ago
// something was may differ.
func (e example) pattern() string {
	if len(e.want) == 0 {
		return `^$`
	}
	text := regexp.QuoteMeta(strings.Join(e.want, "\n") + "\n")
	text = strings.ReplaceAll(text, `\.\.\.`, `(?s:.*?)`)
	return "^" + regexp.MustCompile(`\b[0-9]+s\b *`).ReplaceAllString(text, "[0-9]+s *") + "$"
}

// consoleCommand runs the examples of a page of docs, one behind the other, and holds
// what they print against the page: console PAGE.
func consoleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: console PAGE")
	}
	page, err := os.ReadFile(filepath.Join("../../docs", args[0]))
	ts.Check(err)
	examples := consoleExamples(string(page))
	if len(examples) == 0 {
		ts.Fatalf("%s has no example", args[0])
	}
	env := scriptEnv(ts)
	for _, e := range examples {
		cmd := osexec.Command("timeout", "120", "sh", "-c", e.command)
		cmd.Dir, cmd.Env = ts.MkAbs("."), env
		out, _ := cmd.CombinedOutput() // what fails says so in what it prints
		if !regexp.MustCompile(e.pattern()).Match(out) {
			ts.Fatalf("%s: $ %s\nprinted:\n%s\nand not:\n%s", args[0], e.command, out, strings.Join(e.want, "\n"))
		}
	}
}

// scriptEnv is the environment of what a script runs.
func scriptEnv(ts *testscript.TestScript) (env []string) {
	for _, name := range ts.Value(envKey{}).([]string) {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

// tomlBlock matches a page's blocks that are marked toml.
var tomlBlock = regexp.MustCompile("(?ms)^```toml\n(.*?)^```$")

// tomlCommand has xsh read the blocks of a page of docs that are marked toml, each by
// itself, as a project's file if sessions stand in it and else as settings: toml PAGE.
func tomlCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: toml PAGE")
	}
	page, err := os.ReadFile(filepath.Join("../../docs", args[0]))
	ts.Check(err)
	blocks := tomlBlock.FindAllSubmatch(page, -1)
	if len(blocks) == 0 {
		ts.Fatalf("%s has no block of toml", args[0])
	}
	dir := filepath.Join(ts.MkAbs("."), "toml")
	ts.Check(os.MkdirAll(filepath.Join(dir, "xsh"), 0o700))
	for _, b := range blocks {
		file, command, env := filepath.Join("xsh", "config.toml"), []string{"xsh", "config", "check"}, append(scriptEnv(ts), "XDG_CONFIG_HOME="+dir)
		if regexp.MustCompile(`(?m)^\[\[session\]\]`).Match(b[1]) {
			file, command, env = projectFile, []string{"xsh", "up", "--dry-run"}, scriptEnv(ts)
		}
		ts.Check(os.WriteFile(filepath.Join(dir, file), b[1], 0o600))
		cmd := osexec.Command("timeout", append([]string{"120"}, command...)...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			ts.Fatalf("%s: %s: %v\n%s\nfor:\n%s", args[0], strings.Join(command, " "), err, out, b[1])
		}
	}
}

// TestDocsAreRun: each page with examples is run by the script docs, and each page is
// on the README's list.
func TestDocsAreRun(t *testing.T) {
	script, err := os.ReadFile("testdata/script/docs.txtar")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pages {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if len(consoleExamples(string(page))) > 0 && !strings.Contains(string(script), "console "+name+"\n") {
			t.Errorf("the examples of docs/%s are not run", name)
		}
		if tomlBlock.Match(page) && !strings.Contains(string(script), "toml "+name+"\n") {
			t.Errorf("the blocks of toml in docs/%s are not read", name)
		}
		if !strings.Contains(string(readme), "(docs/"+name+")") {
			t.Errorf("the README does not name docs/%s", name)
		}
	}
}
