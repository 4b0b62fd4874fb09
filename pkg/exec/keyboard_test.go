package exec_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// withTyper is within for somebody who types.
func withTyper(t *testing.T, by exec.Typer) *types.PluginContext {
	ctx := within(t)
	return ctx.WithContext(exec.WithTyper(ctx.Context, by))
}

// TestTypeIsOnePiece: what several type at once, with a person among them, comes
// piece by piece, also where a piece is more than fits the queue.
func TestTypeIsOnePiece(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, small, fake())
	person, _ := st.open(exec.AttachOptions{Size: small})
	const size = 3 << 19 // more than the queue holds
	var typing sync.WaitGroup
	for _, c := range "abc" {
		typing.Go(func() {
			text := strings.Repeat(string(c), size)
			if _, err := st.m.Type(within(t), st.id, exec.Input{Text: []byte("<" + text)}, exec.Input{Key: "Enter"}); err != nil {
				t.Error(err)
			}
		})
	}
	typing.Go(func() {
		for range 20 {
			if err := person.Type(t.Context(), []byte("<p\r")); err != nil {
				t.Error(err)
			}
		}
	})
	want := 3*(size+2) + 20*3
	var got []byte
	buf := make([]byte, 64<<10)
	st.tty.SetReadDeadline(time.Now().Add(exectest.Patience))
	for len(got) < want {
		n, err := st.tty.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	typing.Wait()
	for line := range bytes.SplitSeq(bytes.TrimSuffix(got, []byte("\r")), []byte("\r")) {
		if len(line) < 2 || line[0] != '<' || len(bytes.Trim(line[1:], string(line[1]))) > 0 || line[1] != 'p' && len(line) != size+1 {
			t.Fatalf("a torn line of %d bytes: %.20q...", len(line), line)
		}
	}
}

// TestKeyboard: while a person types, scripts wait; who types for long keeps them out.
func TestKeyboard(t *testing.T) {
	leaktest.Check(t)
	cfg := fake()
	clock := exectest.NewClock(time.Now())
	cfg.Clock = clock
	st := newStage(t, small, cfg)
	d := exec.NewPluginClient(dial(t, listen(t, st.m)))
	agent := exec.Typer{Kind: exec.TyperAgent, Client: "mcp"}
	send := func(by exec.Typer) <-chan error {
		sent := make(chan error, 1)
		go func() {
			_, err := d.Type(withTyper(t, by), st.id, exec.Input{Text: []byte("s")})
			sent <- err
		}()
		return sent
	}
	sharing, _ := st.open(exec.AttachOptions{Size: small})
	sharing.Type(t.Context(), []byte("a"))
	if err := <-send(agent); err != nil { // that one shares its keyboard
		t.Fatal(err)
	}
	st.input("as")
	person, _ := st.open(exec.AttachOptions{Size: small, HoldsKeyboard: true})
	if err := <-send(agent); err != nil { // who only watches holds nothing
		t.Fatal(err)
	}
	st.input("s")

	clock.Advance(time.Hour) // nobody has a timer any more
	person.Type(t.Context(), []byte("p"))
	before := clock.Timers()
	sent := send(agent)
	clock.WaitTimers(t, before+1)
	person.Type(t.Context(), []byte("q"))
	clock.Advance(2 * time.Second)
	person.Type(t.Context(), []byte("r"))
	clock.Advance(time.Second)
	clock.WaitTimers(t, before+1)
	select {
	case err := <-sent:
		t.Fatalf("typed while a person does: %v", err)
	default:
	}
	clock.Advance(2 * time.Second)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	st.input("pqrs")

	// What the person starts inside the session is the person's.
	person.Type(t.Context(), []byte("p"))
	if err := <-send(exec.Typer{Kind: exec.TyperScript, Client: st.id}); err != nil {
		t.Fatal(err)
	}
	st.input("ps")

	// Who cannot wait for a pause is told why at once, not that the time is over.
	hurried, cancel := context.WithTimeout(exec.WithTyper(t.Context(), agent), time.Second)
	defer cancel()
	if _, err := d.Type(&types.PluginContext{Context: hurried}, st.id, exec.Input{Text: []byte("x")}); !errors.Is(err, exec.ErrKeyboardHeld) {
		t.Errorf("with a second's time: %v", err)
	}
	if err := exec.Submit(&types.PluginContext{Context: hurried}, d, st.id, "x"); !errors.Is(err, exec.ErrKeyboardHeld) || errors.As(err, new(*exec.SubmitError)) {
		t.Errorf("a prompt with a second's time: %v", err)
	}

	// Who does not pause keeps others out, who are told why.
	before = clock.Timers()
	sent = send(agent)
	for n := range 9 { // at 3 s, then every 2 s up to 19 s it looks again
		clock.WaitTimers(t, before+1)
		clock.Advance(time.Second)
		if n == 0 {
			clock.Advance(time.Second)
		}
		person.Type(t.Context(), []byte("p"))
		clock.Advance(time.Second)
	}
	if err := <-sent; !errors.Is(err, exec.ErrKeyboardHeld) || !strings.Contains(err.Error(), "somebody types into session") {
		t.Errorf("kept out with %v", err)
	}

	// A caller who gives up is not kept.
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := d.Type(&types.PluginContext{Context: ctx}, st.id, exec.Input{Text: []byte("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// One who has left holds nothing.
	person.Type(t.Context(), []byte("p"))
	person.Detach(t.Context())
	if err := <-send(agent); err != nil {
		t.Error(err)
	}
	s, err := d.GetSession(within(t), st.id)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, by := range s.Typists {
		if by.At.IsZero() {
			t.Errorf("%+v has no time", by)
		}
		who = append(who, string(by.Kind)+" "+by.Client)
	}
	if want := "agent mcp,person ,script " + st.id; strings.Join(who, ",") != want {
		t.Errorf("typed by %q, want %q", who, want)
	}
}

// TestTurnOfSeveralCalls: others wait until the last of them, or until nothing comes.
func TestTurnOfSeveralCalls(t *testing.T) {
	leaktest.Check(t)
	cfg := fake()
	clock := exectest.NewClock(time.Now())
	cfg.Clock = clock
	st := newStage(t, small, cfg)
	turn := func(hold time.Duration) *types.PluginContext {
		return withTyper(t, exec.Typer{Turn: "one", Hold: hold})
	}
	text := func(s string) exec.Input { return exec.Input{Text: []byte(s)} }
	other := func() <-chan error {
		done, before := make(chan error, 1), clock.Timers()
		go func() {
			_, err := st.m.Type(within(t), st.id, text("other"))
			done <- err
		}()
		clock.WaitTimers(t, before+1)
		return done
	}
	st.m.Type(turn(time.Second), st.id, text("a"))
	done := other()
	st.m.Type(turn(time.Second), st.id, text("b"))
	st.m.Type(turn(0), st.id, text("c"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	st.input("abcother")
	st.m.Type(turn(time.Hour), st.id, text("a")) // and dies: no longer than a minute
	done = other()
	clock.Advance(time.Minute)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	st.input("aother")
}
