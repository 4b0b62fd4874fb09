package main

import (
	"bufio"
	"bytes"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// slowInits are the packages whose initialisers may take longer than initLimit, with
// what they do. Each command waits for them: think of a table that is data, or is
// made when it is first asked for, before a line is added.
var slowInits = map[string]string{
	"runtime":                                                 "is Go itself",
	"internal/godebug":                                        "reads GODEBUG, which this test sets",
	"vendor/golang.org/x/sys/cpu":                             "asks what the processor can, which a virtual machine answers slowly; of crypto/tls, of grpc",
	"google.golang.org/grpc":                                  "parses its default configuration",
	"google.golang.org/grpc/internal/binarylog":               "compiles regular expressions",
	"google.golang.org/protobuf/internal/encoding/json":       "compiles regular expressions; of grpc",
	"google.golang.org/protobuf/internal/detrand":             "reads pieces of the binary",
	"github.com/BurntSushi/toml/internal":                     "reads the local time zone",
	"encoding/gob":                                            "describes its own types to itself; of the agents' protocol (xsh mcp), as are the next three",
	"github.com/google/jsonschema-go/jsonschema":              "infers the schemas of a few of Go's types",
	"github.com/modelcontextprotocol/go-sdk/mcp":              "makes its tables of methods",
	"github.com/charmbracelet/x/ansi":                         "tells which characters have no width; of the picker's library (bubbletea), as are the next three",
	"github.com/charmbracelet/x/ansi/parser":                  "makes its table of transitions",
	"github.com/charmbracelet/ultraviolet":                    "makes its tables of keys",
	"github.com/mattn/go-runewidth":                           "tells which characters have two widths",
	"golang.org/x/sys/cpu":                                    "asks what the processor can, as the one above",
	"github.com/xsh-project/xsh/proto/omniview/sdk/common/v1": "is generated; the first to be registered with protobuf",
	"github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1":   "is generated",
	"github.com/xsh-project/xsh/proto/xsh/types/v1":           "is generated",
	"github.com/xsh-project/xsh/proto/xsh/v1":                 "is generated",
}

// initLimit is how long a package may keep every command waiting.
const initLimit = 20 * time.Microsecond

// sizes are the binary's sizes in bytes, for linux-amd64 and without what debuggers
// need, each with what made it grow by up to a megabyte more than the line before.
// The last is what the next is held against.
var sizes = []struct {
	bytes int64
	why   string
}{
	{13_800_000, "Go, grpc with its HTTP and TLS, cobra, and the commands of today"},
	{14_900_000, "more commands and settings, and the messages of what they ask the server"},
	{15_500_000, "recordings, sessions that come back after a reboot, systemd's scopes"},
	{16_400_000, "pictures: what reads fonts, and the one that is carried"},
	{20_200_000, "the agents' protocol, whose library has HTTP with its client, TLS and JSON schemas"},
	{21_900_000, "the picker's library, with what it knows of characters, keys and terminals"},
}

// buildRelease builds the binary as the Makefile does for a release.
func buildRelease(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the binary")
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile(`(?m)^TAGS\s*:=\s*(\S+)$`).FindSubmatch(makefile)
	if tags == nil {
		t.Fatal("the Makefile has no TAGS")
	}
	path := filepath.Join(t.TempDir(), "xsh")
	build := osexec.Command("go", "build", "-trimpath", "-tags", string(tags[1]), "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// TestStartUp holds what a command costs that does nothing: how long each package
// takes before main, in the best of many runs, and how large the binary is.
func TestStartUp(t *testing.T) {
	xsh := buildRelease(t)
	best := map[string]time.Duration{}
	for run := 0; run < 300 && (run < 20 || len(overLimit(best)) > 0); run++ {
		for name, took := range initTimes(t, xsh) {
			if b, known := best[name]; !known || took < b {
				best[name] = took
			}
		}
	}
	if len(best) < 50 {
		t.Fatalf("only %d initialisers ran", len(best))
	}
	for _, name := range overLimit(best) {
		t.Errorf("every command waits %v for the initialiser of %s", best[name], name)
	}
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		return
	}
	st, err := os.Stat(xsh)
	if err != nil {
		t.Fatal(err)
	}
	last := sizes[len(sizes)-1]
	if grown := st.Size() - last.bytes; grown > 1<<20 {
		t.Errorf("the binary has %d bytes, %d more than when this was last said: %s", st.Size(), grown, last.why)
	}
}

// overLimit returns the packages that take too long and are not in slowInits.
func overLimit(best map[string]time.Duration) []string {
	var names []string
	for name, took := range best {
		if _, may := slowInits[name]; took > initLimit && !may {
			names = append(names, name)
		}
	}
	return names
}

// initTimes runs the binary once and returns how long each package's initialiser took.
func initTimes(t *testing.T, xsh string) map[string]time.Duration {
	t.Helper()
	cmd := osexec.Command(xsh, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	times := map[string]time.Duration{}
	line := regexp.MustCompile(`^init (\S+) @\S+ ms, (\S+) ms clock`)
	for lines := bufio.NewScanner(&trace); lines.Scan(); {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			ms, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			times[m[1]] = time.Duration(ms * float64(time.Millisecond))
		}
	}
	return times
}
