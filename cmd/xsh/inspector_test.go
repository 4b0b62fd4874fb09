package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInspector has the protocol's inspector, a client of other makers, list the tools
// and call each, with an xsh mcp of its own each time.
func TestInspector(t *testing.T) {
	inspector := strings.Fields(os.Getenv("XSH_INSPECTOR"))
	if len(inspector) == 0 {
		t.Skip("the inspector is fetched from npm: make conformance")
	}
	p := newPlace(t)
	p.run("xsh", "new", "-d", "work", "-l", "team=a", "--", "sh", "-c", "echo shown; exec cat")
	p.run("xsh", "wait", "work", "--for", "text=shown", "--timeout", "50s")
	server := []string{"env"} // it hands on few variables
	for _, pair := range p.env {
		if strings.HasPrefix(pair, "XSH_") || strings.HasPrefix(pair, "XDG_") {
			server = append(server, pair)
		}
	}
	server = append(server, "xsh", "mcp", "--as", "one", "--only", "team=a")
	ask := func(words ...string) (string, error) {
		return p.try(slices.Concat(inspector, []string{"--cli"}, server, []string{"--method"}, words)...)
	}
	list, err := ask("tools/list")
	if n := strings.Count(list, `"inputSchema"`); err != nil || n != 9 {
		t.Errorf("it lists %d tools, %v: %s", n, err, list)
	}
	for _, call := range []struct{ tool, args, want string }{
		{"list", "", `\\"name\\":\\"work\\"`},
		{"new", `name=mine command=["cat"]`, `\\"full_name\\":\\"mine.one\\"`},
		{"send", `session=mine text=typed keys=["Enter"]`, `\\"typed_bytes\\":6`},
		{"wait", `session=mine for=text pattern=typed timeout=40`, `\\"done\\":true.*\n(.*\n)*.*match: typed`},
		{"screen", `session=work`, `<output \w+: .*\\nshown\\n</output`},
		{"history", `session=work offset=0`, `<output \w+: .*\\nshown\\n</output`},
		{"grep", `pattern=^show`, `\\"text\\":\\"shown\\"`},
		{"run", `session=work command=ls timeout=1`, `no shell that marks its prompts.*\n(.*\n)*.*"isError": true`},
		{"kill", `session=mine`, `\\"exit\\":\\"killed by SIGHUP\\"`},
		{"screen", `session=hidden`, `no session \\"hidden\\".*\n(.*\n)*.*"isError": true`},
	} {
		words := []string{"tools/call", "--tool-name", call.tool}
		for _, arg := range strings.Fields(call.args) {
			words = append(words, "--tool-arg", arg)
		}
		out, err := ask(words...)
		if wrong := strings.Contains(call.want, "isError"); !regexp.MustCompile(call.want).MatchString(out) || (err != nil) != wrong {
			t.Errorf("%s %s: %v\n%s\nwant %s", call.tool, call.args, err, out, call.want)
		}
	}
	p.run("xsh", "kill", "work")
}
