package exec_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
)

// TestClockSetBack: a clock that is set back ends no session and forgets none;
// what ended stays for its hours by the new clock.
func TestClockSetBack(t *testing.T) {
	leaktest.Check(t)
	clock := exectest.NewClock(time.Date(2022, 1, 3, 0, 0, 0, 0, time.UTC))
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: testHandlers(), Clock: clock, TerminalFactory: new(exectest.Terminals).Open,
		Settings: settings.Map{exec.SettingEndedHours: 2},
	})
	defer m.Close()
	tty(t, m, "start", exec.SessionOptions{Name: "active"})
	u := connect(t, m, "creator")
	ended := create(t, m, "command", exec.SessionOptions{Name: "ended", Command: []string{"exit 0"}})
	u.out.WaitClose(t, ended.ID)
	u.hangUp()
	check := func(want ...string) {
		t.Helper()
		if all, err := m.ListAll(nil); err != nil || !slices.Equal(names(all), want) {
			t.Errorf("at %v: %q, %v, want %q", clock.Now(), names(all), err, want)
		}
	}
	clock.Advance(-48 * time.Hour)
	check("active", "ended")
	tty(t, m, "start", exec.SessionOptions{Name: "later"})
	a, err := m.Open(t.Context(), "later", exec.AttachOptions{Size: small}, outlet{exectest.NewSink()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Detach(t.Context()); err != nil {
		t.Error(err)
	}
	check("active", "ended", "later")
	clock.Advance(51 * time.Hour)
	check("active", "later")
}

// TestModelFails: a panic in the model of one session costs it that. Its output
// goes on raw, it takes input and another size, and other sessions notice nothing.
func TestModelFails(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, exec.Size{Rows: 10, Cols: 40}, fake())
	other := newStage(t, exec.Size{Rows: 10, Cols: 40}, fake())
	st.print("before")
	st.m.BreakModel(st.id)
	first, out := st.open(exec.AttachOptions{Size: small})
	st.write([]byte("what comes then"))
	out.WaitText(t, st.id, "what comes then")
	st.typed(first, "typed")
	if err := first.Resize(exec.Size{Rows: 12, Cols: 50}); err != nil || st.size() != (exec.Size{Rows: 12, Cols: 50}) {
		t.Errorf("resize: %v, %v", err, st.size())
	}
	late, lateOut := st.open(exec.AttachOptions{Size: exec.Size{Rows: 12, Cols: 50}})
	st.write([]byte("and more"))
	lateOut.WaitText(t, st.id, "and more")
	for _, a := range []*exec.Attachment{first, late} {
		if _, err := a.Detach(t.Context()); err != nil && !errors.Is(err, exec.ErrSessionClosed) {
			t.Error(err)
		}
	}
	other.print("whole")
	a, _ := other.open(exec.AttachOptions{Size: small})
	if len(a.Replay()) == 0 {
		t.Error("another session has no screen either")
	}
	a.Detach(t.Context())
}
