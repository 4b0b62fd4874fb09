package mcp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// conformance are the scenarios of the protocol's conformance tests for servers that
// are about what this package has: an introduction, and tools. The others ask for
// tools of their own names, prompts, resources, completions and questions to a model.
var conformance = []string{"server-initialize", "ping", "tools-list", "dns-rebinding-protection"}

// TestConformance has the protocol's conformance tests look at the tools. They come
// from npm and speak HTTP alone, which xsh mcp does not: the SDK serves it here.
func TestConformance(t *testing.T) {
	runner := strings.Fields(os.Getenv("XSH_CONFORMANCE"))
	if len(runner) == 0 {
		t.Skip("the tests are fetched from npm: make conformance")
	}
	a := newAgent(t, Config{}, nil)
	s := newServer(Config{As: "http", Options: optionsOf, With: func(_ context.Context, _ bool, do func(Sessions) error) error { return do(a.m) }})
	served := s.sdk()
	web := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return served }, nil))
	defer func() {
		for session := range served.Sessions() {
			session.Close() // the runner leaves without a word
		}
		web.Close()
	}()
	for _, scenario := range conformance {
		args := append(runner[1:len(runner):len(runner)], "server", "--url", web.URL, "--scenario", scenario)
		cmd := osexec.CommandContext(a.ctx, runner[0], args...)
		cmd.Dir = t.TempDir() // it writes its results
		out, err := cmd.CombinedOutput()
		t.Logf("%s\n%s", scenario, out)
		if err != nil {
			t.Errorf("%s: %v", scenario, err)
		}
	}
}
