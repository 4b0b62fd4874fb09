package exec_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
)

func rule(program, screen string, state exec.StateName, message string) exec.Rule {
	return exec.Rule{Program: program, Screen: regexp.MustCompile("(?m)" + screen), State: state, Message: message}
}

// ruledStage is a stage whose program is called agent, with rules for that.
func ruledStage(t *testing.T, rules ...exec.Rule) *stage {
	t.Helper()
	leaktest.Check(t)
	st := newStageOf(t, exec.SessionOptions{Size: small, Command: []string{"/usr/bin/agent", "-x"}}, fake())
	st.m.SetRules(rules)
	return st
}

func (st *stage) awaitState(want exec.StateName) {
	st.t.Helper()
	if _, err := st.m.Wait(within(st.t.(*testing.T)), st.id, exec.WaitOptions{For: exec.WaitState, Pattern: string(want)}); err != nil {
		st.t.Fatalf("waiting for %s: %v", want, err)
	}
}

// TestRules: the first rule for the program that matches tells the state where nothing
// else does.
func TestRules(t *testing.T) {
	st := ruledStage(t,
		rule("other", `.`, exec.StateDone, ""),
		rule("agent", `^busy`, exec.StateWorking, ""),
		rule("agent", `may I (\w+)\?\s+(y/n)`, exec.StateBlocked, "$1? $2"),
		rule("agent", `may`, exec.StateFailed, ""),
	)
	st.print("may I push?\r\n y/n")
	st.awaitState(exec.StateBlocked)
	byRule := exec.State{Name: exec.StateBlocked, Message: "push? y/n", Source: exec.SourceRule}
	wantState(t, st.m, st.id, byRule)
	since := stateOf(t, st.m, st.id).Since
	if _, err := st.m.Report(within(t), st.id, exec.State{Name: exec.StateIdle}); err != nil {
		t.Fatal(err)
	}
	wantState(t, st.m, st.id, exec.State{Name: exec.StateIdle, Source: exec.SourceReport})
	st.m.Report(within(t), st.id, exec.State{})
	wantState(t, st.m, st.id, byRule)
	st.print("\x1b]133;A\a")
	wantState(t, st.m, st.id, exec.State{Name: exec.StateIdle, Source: exec.SourceShell})
	st.print("\x1b]133;D\a")
	wantState(t, st.m, st.id, byRule)
	if !stateOf(t, st.m, st.id).Since.Equal(since) {
		t.Error("the state has begun anew")
	}
	st.print("\x1b[Hbusy")
	st.awaitState(exec.StateWorking)
	st.m.SetRules([]exec.Rule{rule("agent", "busy", exec.StateDone, "")})
	st.awaitState(exec.StateDone)

	events := st.m.Watch(within(t).Ctx(), -1, st.id)
	st.m.SetRules(nil)
	for ev, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == exec.EventState {
			if ev.State != "unknown" {
				t.Errorf("without rules it is %s", ev.State)
			}
			break
		}
	}
	wantState(t, st.m, st.id, exec.State{})
}

// TestRulesOfABusyScreen: a program that never pauses is looked at as well, and of a
// screen that is very large the end.
func TestRulesOfABusyScreen(t *testing.T) {
	leaktest.Check(t)
	st := newStageOf(t, exec.SessionOptions{Size: exec.Size{Rows: 1000, Cols: 200}, Command: []string{"agent"}}, fake())
	st.m.SetRules([]exec.Rule{rule("agent", `(?s)begin.*end \d+`, exec.StateFailed, ""), rule("agent", `end (\d+)`, exec.StateWorking, "$1")})
	st.print("begin\r\n" + strings.Repeat(strings.Repeat("x", 199)+"\r\n", 998))
	done := make(chan struct{})
	stop := make(chan struct{})
	go func() { // ends with stop, which the test sees to
		defer close(done)
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				fmt.Fprintf(st.tty, "\rend %d", i)
			}
		}
	}()
	st.awaitState(exec.StateWorking)
	close(stop)
	<-done
}

// TestRulesOfAnEndedSession: what a screen says is over with its program.
func TestRulesOfAnEndedSession(t *testing.T) {
	st := ruledStage(t, rule("agent", `busy`, exec.StateWorking, ""))
	st.print("busy")
	st.awaitState(exec.StateWorking)
	st.end <- nil
	if _, err := st.m.Wait(within(t), st.id, exec.WaitOptions{}); err != nil {
		t.Fatal(err)
	}
	st.m.SetRules([]exec.Rule{rule("agent", `busy`, exec.StateDone, "")})
	wantState(t, st.m, st.id, exec.State{})
}

// TestNoRules: without a rule for its program nobody looks at a session.
func TestNoRules(t *testing.T) {
	st := ruledStage(t, rule("other", `.`, exec.StateDone, ""))
	st.print("busy")
	if st.m.LooksByRules(st.id) {
		t.Error("it is looked at by the rules for another program")
	}
	st.m.SetRules(nil)
	st.print("busy")
	if st.m.LooksByRules(st.id) {
		t.Error("it is looked at without rules")
	}
}

// TestRulesAtOnce: rules change while programs print, begin and end; in the end those
// that were set last count.
func TestRulesAtOnce(t *testing.T) {
	st := ruledStage(t)
	var working sync.WaitGroup
	for i := range 4 {
		working.Go(func() {
			for k := range 50 {
				st.m.SetRules([]exec.Rule{rule("agent", fmt.Sprintf("busy %d", (i+k)%3), exec.StateWorking, "")})
			}
		})
	}
	working.Go(func() {
		for k := range 50 {
			fmt.Fprintf(st.tty, "\rbusy %d", k%3)
		}
	})
	for range 3 { // a stage takes no more
		s, err := st.m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "stage", TTY: true, Command: []string{"agent"}})
		if err != nil {
			t.Fatal(err)
		}
		st.m.CloseSession(nil, s.ID)
	}
	working.Wait()
	st.m.SetRules([]exec.Rule{rule("agent", `busy`, exec.StateFailed, "")})
	st.awaitState(exec.StateFailed)
}
