package exec_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// TestEnvironment: the leader's is told, within bounds, and no other's.
func TestEnvironment(t *testing.T) {
	st := newStage(t, exec.Size{Rows: 5, Cols: 20}, fake())
	if _, err := st.m.Environment(nil, st.id); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("with nobody attached: %v", err)
	}
	a, _ := st.open(exec.AttachOptions{Environment: []string{"DISPLAY=:1", "XAUTHORITY", "1X=no", "TWO=li\nnes", "=", ""}})
	b, _ := st.open(exec.AttachOptions{Environment: []string{"DISPLAY=:2"}})
	check := func(want ...string) {
		t.Helper()
		if env, err := st.m.Environment(nil, st.id); err != nil || !slices.Equal(env, want) {
			t.Errorf("%q, %v; want %q", env, err, want)
		}
	}
	check("DISPLAY=:2")
	st.typed(a, "x")
	check("DISPLAY=:1", "XAUTHORITY")
	a.Detach(t.Context())
	check("DISPLAY=:2")
	b.Detach(t.Context())

	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("X%d=%s", i, strings.Repeat("x", 1<<10)))
	}
	st.open(exec.AttachOptions{Environment: many})
	env, err := st.m.Environment(nil, st.id)
	if err != nil || len(env) == 0 || len(strings.Join(env, "")) > 32<<10 {
		t.Errorf("%d variables were kept: %v", len(env), err)
	}
	st.open(exec.AttachOptions{Size: exec.Size{Rows: 5, Cols: 20}, Headless: true})
	if _, err := st.m.Environment(nil, st.id); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("of a leader that tells nothing: %v", err)
	}
}
