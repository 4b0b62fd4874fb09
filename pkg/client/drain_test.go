package client

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// openTTY returns a raw terminal's two ends: what the user types and the
// terminal answers comes from ours, the client is started on tty.
func openTTY(t *testing.T) (ours, tty *os.File) {
	t.Helper()
	ours, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ours.Close()
		tty.Close()
	})
	if _, err := term.MakeRaw(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	return ours, tty
}

func write(t *testing.T, to *os.File, text string) {
	t.Helper()
	if _, err := to.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// read reads from a terminal until end has come.
func read(t *testing.T, from *os.File, end string) (got string) {
	t.Helper()
	buf := make([]byte, 4096)
	for !strings.HasSuffix(got, end) {
		n, err := from.Read(buf)
		if err != nil {
			t.Fatalf("after %q: %v", got, err)
		}
		got += string(buf[:n])
	}
	return got
}

// within fails if f takes longer than a test waits.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	if !waitFor(done, patience) {
		t.Fatalf("%s: it does not return", what)
	}
}

const fenceAnswer = "\x1b[0n\x1b[?62;22c\x1b[?62;22c"

// What comes before the fence's answers goes with them, and nothing that comes
// behind.
func TestDrain(t *testing.T) {
	for name, due := range map[string]string{
		"nothing":          "",
		"other answers":    "\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[3;7R\x1bP>|xterm\x1b\\",
		"the status":       "\x1b[0n",
		"what it is":       "\x1b[?62;22c",
		"both":             "\x1b[0n\x1b[?62;22c",
		"both, repeatedly": "\x1b[0n\x1b[?6c\x1b[0n\x1b[?6c\x1b[0n",
		"half of one":      "62;22c",
		"typed":            "ls\r\x1b[A\x1b",
		"much":             strings.Repeat("\x1b[0n", 900),
	} {
		t.Run(name, func(t *testing.T) {
			ours, tty := openTTY(t)
			write(t, ours, due+fenceAnswer)
			within(t, "all at once", func() { drain(tty, tty, time.Hour) })
			go func() {
				for _, b := range []byte(due + fenceAnswer) {
					ours.Write([]byte{b})
				}
			}()
			within(t, "in pieces", func() { drain(tty, tty, time.Hour) })
			write(t, ours, "next.")
			if got := read(t, tty, "."); got != "next." {
				t.Errorf("the next to read gets %q", got)
			}
		})
	}
}

func TestDrainGivesUp(t *testing.T) {
	ours, tty := openTTY(t)
	write(t, ours, "typed")
	within(t, "no answer", func() { drain(tty, tty, time.Millisecond) })
	ours.Close()
	within(t, "no terminal", func() { drain(tty, tty, time.Hour) })
}

func TestLeaveRestores(t *testing.T) {
	for name, c := range map[string]struct {
		due   bool
		drain func(*testing.T)
		want  string
	}{
		"nothing is due":    {false, func(t *testing.T) { t.Error("it waits") }, "bye."},
		"answers are due":   {true, func(*testing.T) {}, "bye." + termin.FenceQuestion},
		"the reader hangs":  {true, func(t *testing.T) { <-t.Context().Done() }, "bye." + termin.FenceQuestion},
		"the reader panics": {true, func(*testing.T) { panic("fault") }, "bye." + termin.FenceQuestion},
	} {
		t.Run(name, func(t *testing.T) {
			ours, tty := openTTY(t)
			local, err := rawtty.Open(tty, tty)
			if err != nil {
				t.Fatal(err)
			}
			defer local.Close()
			if err := term.Restore(int(tty.Fd()), cooked(t)); err != nil {
				t.Fatal(err)
			}
			before := attributes(t, tty)
			if err := local.MakeRaw(); err != nil {
				t.Fatal(err)
			}
			a := &attachment{tty: local, ended: make(chan Outcome, 1)}
			a.drain = func() {
				if attributes(t, tty) == before {
					t.Error("the terminal is not raw any more")
				}
				c.drain(t)
			}
			within(t, "leave", func() { a.leave([]byte("bye."), c.due) })
			if got := read(t, ours, c.want); got != c.want {
				t.Errorf("the terminal was sent %q, want %q", got, c.want)
			}
			if now := attributes(t, tty); now != before {
				t.Errorf("the terminal was left as %v, found as %v", now, before)
			}
		})
	}
}

func attributes(t *testing.T, tty *os.File) term.State {
	t.Helper()
	s, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// cooked returns the attributes of a new terminal.
func cooked(t *testing.T) *term.State {
	t.Helper()
	ours, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	defer tty.Close()
	s := attributes(t, tty)
	return &s
}
