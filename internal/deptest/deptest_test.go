// Package deptest holds the rules of which package may import which.
package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	osexec "os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/xsh-project/xsh/"

// rules say what of this module a package may import: paths below the module,
// a trailing slash standing for all below. The reason stands beside each.
var rules = map[string][]string{
	// The library knows nothing of the tool, its server or its client.
	"pkg/exec":          {"pkg/logging", "pkg/sdk", "pkg/settings", "pkg/timeutil", "pkg/types", "internal/ctlseq", "internal/jsonescape", "internal/openfiles", "internal/outlog", "internal/poll", "internal/screen", "internal/shmem", "internal/termin", "internal/termreset", "internal/vt", "proto/"},
	"pkg/exec/exectest": {"pkg/exec", "pkg/timeutil", "pkg/types"},
	// What drives sessions needs no more of them than the library gives to anybody.
	"pkg/console": {"internal/ctlseq", "pkg/exec", "pkg/types"},
	// Examples need nothing internal.
	"examples/vim": {"pkg/console", "pkg/exec", "pkg/handler/local"},
	// The client must work with any server, of any version.
	"pkg/client": {"pkg/exec", "pkg/types", "internal/ctlseq", "internal/launch", "internal/paths", "internal/peer", "internal/plainpb", "internal/poll", "internal/rawtty", "internal/stream", "internal/termin", "internal/termreset", "proto/"},
	// The small types that the API takes import nothing but each other; sdk
	// also serves the lifecycle service.
	"pkg/sdk":      {"pkg/logging", "pkg/settings", "proto/omniview/sdk/lifecycle/v1"},
	"pkg/types":    {},
	"pkg/settings": {},
	"pkg/logging":  {},
	"pkg/timeutil": {},
	// Leaves.
	"internal/vt":         {"internal/termreset"},
	"internal/termreset":  {},
	"internal/outlog":     {},
	"internal/ctlseq":     {},
	"internal/jsonescape": {},
	"internal/plainpb":    {},
	"internal/stream":     {},
	"internal/termin":     {},
	"internal/rawtty":     {"internal/poll"},
	"internal/poll":       {},
	"internal/openfiles":  {},
	"internal/turns":      {},
	"internal/paths":      {},
	// Finds and starts a server for clients, and so needs nothing of it.
	"internal/launch": {"internal/child", "internal/keeper", "internal/paths"},
	// The one package that knows all three.
	"internal/screen": {"internal/outlog", "internal/termin", "internal/vt"},
	"internal/child":  {"internal/turns"},
	"internal/peer":   {},
	"internal/early":  {},
	// A file format.
	"internal/cast": {},
	// Draws what the library captured.
	"internal/picture": {"internal/vt", "pkg/exec"},
	// Models that follow a recording.
	"internal/timeline": {"internal/vt"},
	// A grammar.
	"internal/selector": {},
	// Text in, text out.
	"internal/jsonedit": {},
	"internal/mask":     {"internal/ctlseq"},
	"internal/keeper":   {},
	"internal/shmem":    {},
	"internal/stored":   {},
	// Makes tools for agents of what the library does, wherever that runs.
	"internal/mcp": {"internal/mask", "pkg/exec", "pkg/types"},
	// The same for scripts that say words to tmux.
	"internal/tmuxwords": {"internal/selector", "pkg/exec", "pkg/types"},
	// A handler does not know another, nor the server that it runs in.
	"pkg/handler/local": {"internal/child", "pkg/exec", "pkg/logging", "pkg/types"},
	// Follows events of sessions; who has them and where they are set is not its business.
	"internal/hooks": {"internal/child", "internal/selector", "pkg/exec", "pkg/logging", "pkg/types"},
	// Where local's programs run.
	"internal/scope": {"pkg/handler/local"},
	// The server holds no session logic and no command line.
	"internal/server": {"internal/child", "internal/keeper", "internal/launch", "internal/openfiles", "internal/paths", "internal/peer", "internal/poll", "internal/stored", "internal/stream", "internal/turns", "pkg/exec", "pkg/logging", "pkg/types", "proto/"},
}

// outside says which imports from elsewhere are for some packages only.
var outside = map[string][]string{
	"charm.land/bubbletea/v2":         {"cmd/xsh"},
	"github.com/charmbracelet":        {"cmd/xsh"},
	"github.com/spf13/cobra":          {"cmd/xsh"},
	"github.com/spf13/pflag":          {"cmd/xsh"},
	"github.com/BurntSushi/toml":      {"cmd/xsh"},
	"github.com/hashicorp/go-plugin":  {"pkg/exec", "pkg/sdk"}, // the API has its types
	"github.com/godbus/dbus/v5":       {"internal/scope"},
	"github.com/creack/pty":           {"pkg/exec"},
	"github.com/muesli/cancelreader":  {"internal/rawtty"},
	"golang.org/x/image":              {"internal/picture"},
	"golang.org/x/term":               {"internal/rawtty", "pkg/exec"},
	"github.com/modelcontextprotocol": {"internal/mcp"},
	"google.golang.org/grpc":          {"pkg/exec", "pkg/client", "pkg/sdk", "internal/server", "proto/"},
	"github.com/rogpeppe/go-internal": {},
	"github.com/google/go-cmp":        {},
}

type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	GoFiles    []string
}

// packages asks the go command for the module's packages, without their tests.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := osexec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports,GoFiles", module+"...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(out); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

func allowed(list []string, name string) bool {
	for _, a := range list {
		if a == name || strings.HasSuffix(a, "/") && strings.HasPrefix(name, a) {
			return true
		}
	}
	return false
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, ruled := rules[name]
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module); ok && ruled && !allowed(may, own) {
				t.Errorf("%s must not import %s", name, own)
			}
			for lib, users := range outside {
				if (i == lib || strings.HasPrefix(i, lib+"/")) && !allowed(users, name) && !forTests(name) {
					t.Errorf("%s must not import %s: only %v may", name, i, users)
				}
			}
		}
	}
}

// forTests reports whether a package is for tests, benchmarks or generating
// code, which may import what they need.
func forTests(name string) bool {
	return name == "bench" || strings.HasPrefix(name, "bench/") || path.Base(name) == "leaktest" || strings.HasSuffix(name, "test")
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasPrefix(p.ImportPath, module+"proto/") {
			continue // generated; the .proto files say it
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// TestRulesAreInUse fails for a rule about a package that is gone.
func TestRulesAreInUse(t *testing.T) {
	have := map[string]bool{}
	for _, p := range packages(t) {
		have[strings.TrimPrefix(p.ImportPath, module)] = true
	}
	for name := range rules {
		if !have[name] {
			t.Errorf("there is a rule for %s, which does not exist", name)
		}
	}
}

// TestEveryPackageHasItsPlace: what a package may import stands in rules, and what it
// owns on the map in CONTRIBUTING.md.
func TestEveryPackageHasItsPlace(t *testing.T) {
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(name, "proto/") || strings.Contains(name, "/cmd/") {
			continue
		}
		if !strings.Contains(string(contributing), "]("+name+")") {
			t.Errorf("%s is not on the map in CONTRIBUTING.md: say there what it owns, and promises", name)
		}
		if _, ruled := rules[name]; !ruled && !forTests(name) && name != "cmd/xsh" {
			t.Errorf("there is no rule in this test of what %s may import", name)
		}
	}
}
