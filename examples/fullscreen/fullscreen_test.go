// Package fullscreen_test tests a full-screen program by what it shows: here less, on
// a terminal of 24 rows by 80 columns.
package fullscreen_test

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

func TestLess(t *testing.T) {
	if _, err := osexec.LookPath("less"); err != nil {
		t.Skip("there is no less")
	}
	t.Setenv("TERM", "xterm-256color")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintln(&text, "line", i+1)
	}
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h := local.New(local.Config{})
	sessions := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer sessions.Close()
	opts := local.Options(osexec.Command("less", file))
	opts.Size = exec.Size{Rows: 24, Cols: 80}
	c, err := console.Start(ctx, sessions, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, step := range []struct {
		do    func() error
		shows string
	}{
		{func() error { return nil }, `line 1\n(.*\n){21}line 23$`},
		{func() error { return c.Press(ctx, "space") }, `^line 24\n`},
		{func() error { return c.Press(ctx, "G") }, `^line 1000\n`},
		{func() error { return c.Type(ctx, "?line 500\r") }, `^line 500\n`},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if err := c.ExpectScreen(ctx, step.shows); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Press(ctx, "q"); err != nil {
		t.Fatal(err)
	}
	if status, err := c.Wait(ctx); err != nil || status.Code != 0 {
		t.Errorf("less ended: %v, %v", status, err)
	}
}
