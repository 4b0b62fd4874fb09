package console_test

import (
	"context"
	"errors"
	"io"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// start returns a console of a shell command.
func start(t *testing.T, script string) (*console.Console, context.Context) {
	t.Helper()
	leaktest.Check(t)
	h := local.New(local.Config{})
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	t.Cleanup(m.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	c, err := console.Start(ctx, m, shell(t, script))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, ctx
}

func shell(t *testing.T, script string) exec.SessionOptions {
	return exec.SessionOptions{
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		ResourceData: map[string]any{local.DataDir: t.TempDir()},
		Command:      []string{"/bin/sh", "-c", script},
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each Expect goes on behind the match before it, though both came at once.
func TestExpect(t *testing.T) {
	c, ctx := start(t, `printf '\033[1mname: \033[0mone\r\nname: two\r\n> '; read x; printf "got $x"; exit 3`)
	for _, want := range []string{"one", "two"} {
		got, err := c.Expect(ctx, `name: (\w+)$`)
		check(t, err)
		if !slices.Equal(got, []string{"name: " + want, want}) {
			t.Errorf("%q", got)
		}
	}
	_, err := c.Expect(ctx, "> $")
	check(t, err)
	check(t, c.Type(ctx, "it"))
	check(t, c.Press(ctx, "enter"))
	_, err = c.Expect(ctx, "got it")
	check(t, err)
	status, err := c.Wait(ctx)
	if err != nil || status.Code != 3 {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := c.Expect(ctx, "more"); !errors.Is(err, exec.ErrSessionClosed) {
		t.Errorf("behind the end: %v", err)
	}
	all, err := io.ReadAll(c)
	if err != nil || !strings.HasSuffix(string(all), "got it") {
		t.Errorf("read %q, %v", all, err)
	}
}

// An error shows the screen, and is what ended the wait.
func TestErrorsCarryTheScreen(t *testing.T) {
	c, ctx := start(t, `echo nothing here; cat`)
	check(t, c.ExpectScreen(ctx, "^nothing"))
	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	err := c.ExpectScreen(soon, "something")
	var failed *console.Error
	if !errors.As(err, &failed) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nothing here") {
		t.Errorf("%v", err)
	}
	if err := c.Press(ctx, "no-such-key"); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("a key that there is not: %v", err)
	}
	check(t, c.Resize(ctx, exec.Size{Rows: 10, Cols: 30}))
	screen, err := c.Screen(ctx)
	if err != nil || screen.Size != (exec.Size{Rows: 10, Cols: 30}) {
		t.Errorf("%+v, %v", screen, err)
	}
	if _, err := io.WriteString(c, "typed\n"); err != nil {
		t.Error(err)
	}
	check(t, c.ExpectScreen(ctx, "^typed$"))
}

// A full-screen program: type, save, quit, and its exit status.
func TestEditor(t *testing.T) {
	if _, err := osexec.LookPath("vim"); err != nil {
		t.Skip("there is no vim")
	}
	file := filepath.Join(t.TempDir(), "note")
	c, ctx := start(t, "exec vim -u NONE -N "+file)
	check(t, c.ExpectScreen(ctx, `~`))
	check(t, c.Type(ctx, "ihello"))
	check(t, c.ExpectScreen(ctx, "^hello"))
	check(t, c.Press(ctx, "esc"))
	check(t, c.Type(ctx, ":wq"))
	check(t, c.Press(ctx, "enter"))
	if status, err := c.Wait(ctx); err != nil || status.Code != 0 {
		t.Errorf("%+v, %v", status, err)
	}
}
