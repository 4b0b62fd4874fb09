package rawtty

import (
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// openPair returns a Terminal and the pty behind it, where the test sits.
func openPair(t *testing.T) (*Terminal, *os.File, *os.File) {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := Open(tty, tty)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		terminal.Close()
		ptmx.Close()
		tty.Close()
	})
	return terminal, ptmx, tty
}

func attributes(t *testing.T, tty *os.File) *term.State {
	t.Helper()
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestOpenNamesWhatIsNoTerminal(t *testing.T) {
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ptmx.Close()
	defer tty.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	closed, _ := os.Open(os.DevNull)
	closed.Close()
	defer file.Close()

	for _, c := range []struct {
		what    string
		in, out *os.File
		want    string
	}{
		{"no stdin", nil, tty, "stdin is not a terminal"},
		{"no stdout", tty, nil, "stdout is not a terminal"},
		{"neither", nil, nil, "stdin is not a terminal"},
		{"stdin is /dev/null", null, tty, "stdin is not a terminal"},
		{"stdout is a file", tty, file, "stdout is not a terminal"},
		{"stdin is closed", closed, tty, "stdin is not a terminal"},
	} {
		terminal, err := Open(c.in, c.out)
		if terminal != nil || !errors.Is(err, ErrNotTerminal) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, %v; want an error that starts with %q", c.what, terminal, err, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	terminal, ptmx, _ := openPair(t)
	for _, want := range []Size{{}, {Rows: 24, Cols: 80}, {Rows: 65535, Cols: 1}} {
		if want != (Size{}) { // a fresh pty has no size
			if err := pty.Setsize(ptmx, &pty.Winsize{Rows: uint16(want.Rows), Cols: uint16(want.Cols)}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := terminal.Size()
		if err != nil || got != want {
			t.Errorf("Size() = %v, %v; want %v", got, err, want)
		}
	}
}

func TestRestoreIsExact(t *testing.T) {
	terminal, _, tty := openPair(t)
	stty := osexec.Command("stty", "-echoe", "intr", "^G", "ixany", "-opost")
	stty.Stdin = tty
	if out, err := stty.CombinedOutput(); err != nil {
		t.Skipf("stty, which makes the attributes unusual, does not run: %v: %s", err, out)
	}
	before := attributes(t, tty)

	if err := terminal.Restore(); err != nil {
		t.Fatalf("Restore before MakeRaw: %v", err)
	}
	for range 2 { // raw and back twice, each asked for twice
		for range 2 {
			if err := terminal.MakeRaw(); err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(attributes(t, tty), before) {
				t.Fatal("MakeRaw changed nothing")
			}
		}
		for range 2 {
			if err := terminal.Restore(); err != nil {
				t.Fatal(err)
			}
			if got := attributes(t, tty); !reflect.DeepEqual(got, before) {
				t.Fatalf("after Restore %+v, want %+v", got, before)
			}
		}
	}
}

func TestMakeRawTakesTheTerminalBack(t *testing.T) {
	terminal, _, tty := openPair(t)
	before := attributes(t, tty)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	raw := attributes(t, tty)
	// A shell sets its own attributes while we are stopped.
	if err := term.Restore(int(tty.Fd()), before); err != nil {
		t.Fatal(err)
	}
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	if got := attributes(t, tty); !reflect.DeepEqual(got, raw) {
		t.Errorf("the second MakeRaw set %+v, want %+v", got, raw)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	if got := attributes(t, tty); !reflect.DeepEqual(got, before) {
		t.Errorf("after Close %+v, want %+v", got, before)
	}
}

func TestCloseIsFinal(t *testing.T) {
	terminal, _, tty := openPair(t)
	before := attributes(t, tty)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := terminal.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := terminal.MakeRaw(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("MakeRaw after Close = %v, want %v", err, os.ErrClosed)
	}
	if err := terminal.Restore(); err != nil {
		t.Errorf("Restore after Close = %v", err)
	}
	if got := attributes(t, tty); !reflect.DeepEqual(got, before) {
		t.Errorf("after Close %+v, want %+v", got, before)
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// TestConcurrentUse: a signal's way out restores the terminal whatever the loop
// does to it.
func TestConcurrentUse(t *testing.T) {
	terminal, _, tty := openPair(t)
	before := attributes(t, tty)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { terminal.MakeRaw() })
		all.Go(func() { terminal.Restore() })
		all.Go(func() { terminal.Size() })
		all.Go(func() { terminal.InBackground() })
		all.Go(func() { terminal.Close() })
	}
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	wait(t, finished)
	if got := attributes(t, tty); !reflect.DeepEqual(got, before) {
		t.Errorf("after Close %+v, want %+v", got, before)
	}
}
