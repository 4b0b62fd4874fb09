package child

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestPlace: a program is placed before it has done anything, and one that cannot
// be placed never was.
func TestPlace(t *testing.T) {
	leaktest.Check(t)
	cmd, out := shell(t, "echo here")
	placed := 0
	cmd.Place = func(pid int) error {
		placed = pid
		status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if written, err := os.ReadFile(out.Name()); err != nil || len(written) > 0 || !strings.Contains(string(status), "State:\tt") {
			t.Errorf("it has begun: %q, %v\n%s", written, err, status)
		}
		return nil
	}
	if got := output(t, cmd, out); got != "here\n" || placed == 0 {
		t.Errorf("%q, placed %d", got, placed)
	}

	cmd, out = shell(t, "echo here")
	no := errors.New("there is no room")
	cmd.Place = func(pid int) error {
		placed = pid
		return no
	}
	if _, err := Start(cmd); !errors.Is(err, no) {
		t.Errorf("started with %v", err)
	}
	written, err := os.ReadFile(out.Name())
	if err != nil || len(written) > 0 || unix.Kill(placed, 0) == nil {
		t.Errorf("it ran: %q, %v", written, err)
	}
}
