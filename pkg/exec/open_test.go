package exec_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// outlet is where an attachment's output goes in these tests.
type outlet struct{ *exectest.Sink }

func (o outlet) Send(_ context.Context, output exec.StreamOutput) bool {
	o.OnOutput(output)
	return true
}

// open attaches by the value.
func (st *stage) open(o exec.AttachOptions) (*exec.Attachment, outlet) {
	st.t.Helper()
	out := outlet{exectest.NewSink()}
	a, err := st.m.Open(st.t.Context(), st.id, o, out)
	if err != nil {
		st.t.Fatal(err)
	}
	return a, out
}

// typed types as the attachment's user and waits until the program has it.
func (st *stage) typed(a *exec.Attachment, text string) {
	st.t.Helper()
	if err := a.Type(st.t.Context(), []byte(text)); err != nil {
		st.t.Fatal(err)
	}
	st.input(text)
}

// TestAttachmentIsAValue: one call opens it, and it is all that a client needs.
func TestAttachmentIsAValue(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, exec.Size{Rows: 10, Cols: 40}, fake())
	st.print("before")
	a, out := st.open(exec.AttachOptions{Size: exec.Size{Rows: 12, Cols: 50}})
	if !bytes.Contains(a.Replay(), []byte("before")) || a.Offset() != 6 || a.Resumed() || st.size() != (exec.Size{Rows: 12, Cols: 50}) {
		t.Errorf("replay %q at %d, size %v", a.Replay(), a.Offset(), st.size())
	}
	st.write([]byte("after"))
	outputs := out.WaitText(t, st.id, "after")
	checkContiguous(t, outputs, 6)
	st.typed(a, "typed")
	if err := a.Resize(exec.Size{Rows: 13, Cols: 51}); err != nil || st.size() != (exec.Size{Rows: 13, Cols: 51}) {
		t.Errorf("resize: %v, size %v", err, st.size())
	}
	if err := a.Resize(exec.Size{Rows: -1, Cols: 51}); err == nil {
		t.Error("a size that no terminal can have")
	}
	d, err := a.Detach(t.Context())
	if err != nil || d.Session.Attached || len(d.Leave) == 0 || a.Why() != exec.EndDetached {
		t.Errorf("detached: %+v, %v, %v", d, err, a.Why())
	}
	<-a.Done()

	evicted, out := st.open(exec.AttachOptions{})
	last, _ := st.open(exec.AttachOptions{DetachOthers: true})
	<-evicted.Done()
	if o := out.WaitClose(t, st.id); !o.Detached || evicted.Why() != exec.EndEvicted {
		t.Errorf("detached by another: %+v, %v", o, evicted.Why())
	}
	st.end <- nil
	<-last.Done()
	if last.Why() != exec.EndSession {
		t.Errorf("the session's end: %v", last.Why())
	}
}

// TestHeadless: there is no terminal behind the client, so the model answers, and
// the client leads only if it gives a size.
func TestHeadless(t *testing.T) {
	small, large := exec.Size{Rows: 5, Cols: 20}, exec.Size{Rows: 30, Cols: 90}
	for _, size := range []exec.Size{{}, large} {
		st := newStage(t, small, fake())
		a, out := st.open(exec.AttachOptions{Headless: true, Size: size})
		st.ask()
		st.checkAnswers(fmt.Sprintf("headless with size %v", size), st.size())
		out.WaitText(t, st.id, lastQuestion)
		// What it types goes to the program as it is, also what looks like an
		// answer.
		st.typed(a, "\x1b[?1;2c keys")
		if want := map[bool]exec.Size{true: small, false: large}[size == exec.Size{}]; st.size() != want {
			t.Errorf("a headless client of size %v: the session's is %v", size, st.size())
		}
		// A terminal leads from its attach on, and is asked.
		term := exec.Size{Rows: 8, Cols: 33}
		st.answering("terminal", term).attach(exec.AttachOptions{Size: term})
		st.ask()
		st.checkAnswers("with a terminal beside", term)
		st.typed(a, "headless again")
		if size == (exec.Size{}) && st.size() != term {
			t.Errorf("a headless client without a size took the lead: %v", st.size())
		}
	}
}

// TestOpenNew: nothing of what a program prints or asks at its start is missed by
// the client that creates it.
func TestOpenNew(t *testing.T) {
	leaktest.Check(t)
	h := exec.Handler{Plugin: "test", Resource: "greets", TTYHandler: func(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
		io.WriteString(tty, "\x1b[creally first")
		go func() {
			answer := make([]byte, 64)
			n, err := tty.Read(answer)
			fmt.Fprintf(tty, " answered %q\n", answer[:n])
			if err == nil {
				<-ctx.Ctx().Done()
			}
			stop <- nil
		}()
		return nil
	}}
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: map[string]exec.Handler{h.ID(): h}, TerminalFactory: new(exectest.Terminals).Open,
	})
	defer m.Close()
	for i := range 50 {
		out := outlet{exectest.NewSink()}
		o := exec.AttachOptions{Size: exec.Size{Rows: 10, Cols: 40}}
		opts := exec.SessionOptions{Name: fmt.Sprint("n", i), ResourcePlugin: "test", ResourceKey: "greets", Size: o.Size}
		a, err := m.OpenNew(nil, opts, false, o, out)
		if err != nil {
			t.Fatal(err)
		}
		id := a.Session().ID
		out.WaitText(t, id, "first")
		if err := a.Type(t.Context(), []byte("\x1b[?64c")); err != nil {
			t.Fatal(err)
		}
		outputs := out.WaitText(t, id, `answered "\x1b[?64c"`)
		if a.Offset() != 0 {
			t.Fatalf("start %d: attached at %d", i, a.Offset())
		}
		checkContiguous(t, outputs, 0)

		again, err := m.OpenNew(nil, opts, true, o, outlet{exectest.NewSink()})
		if err != nil || again.Session().ID != id {
			t.Fatalf("the existing one: %v", err)
		}
		if _, err := m.OpenNew(nil, opts, false, o, out); err == nil {
			t.Fatal("made twice under one name")
		}
		if err := m.CloseSession(nil, id); err != nil {
			t.Fatal(err)
		}
		<-a.Done()
		<-again.Done()
	}
	// One that cannot be attached to is not made.
	o := exec.AttachOptions{Size: exec.Size{Rows: -1, Cols: 7}}
	if _, err := m.OpenNew(nil, exec.SessionOptions{Name: "bad", ResourcePlugin: "test", ResourceKey: "greets"}, false, o, outlet{exectest.NewSink()}); err == nil {
		t.Error("opened with a size that no terminal can have")
	}
	if list, _ := m.ListSessions(nil); len(list) != 0 {
		t.Errorf("%d sessions are left, of which nobody knows", len(list))
	}
}

// TestStuckSessionHoldsNoOther: while one session's client takes nothing of its
// replay's rest and its output, and others attach to it again and again, every
// call about another session works.
func TestStuckSessionHoldsNoOther(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, exec.Size{Rows: 100, Cols: 300}, fake())
	free, err := st.m.CreateSession(nil, exec.SessionOptions{ID: "free", ResourcePlugin: "test", ResourceKey: "stage", TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	blocked := &blockedOutlet{entered: make(chan struct{}, 1), release: make(chan struct{})}
	stuck, err := st.m.Open(t.Context(), st.id, exec.AttachOptions{}, blocked)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() {
		flood := bytes.Repeat([]byte("\x1b[31mflood \x1b[mof text "), 400)
		for ctx.Err() == nil {
			st.tty.Write(flood)
		}
	})
	busy.Go(func() {
		for ctx.Err() == nil {
			a, err := st.m.Open(ctx, st.id, exec.AttachOptions{Size: exec.Size{Rows: 100, Cols: 300}}, outlet{exectest.NewSink()})
			if err == nil {
				a.Detach(ctx)
			}
		}
	})
	<-blocked.entered
	for i := range 50 {
		out := outlet{exectest.NewSink()}
		a, err := st.m.Open(t.Context(), free.ID, exec.AttachOptions{Size: exec.Size{Rows: 10 + i, Cols: 40}}, out)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Type(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if s, err := st.m.GetSession(nil, free.ID); err != nil || s.Clients != 1 {
			t.Fatalf("%+v, %v", s, err)
		}
		if _, err := st.m.ListSessions(nil); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Detach(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	busy.Wait()
	select {
	case <-stuck.Done():
		t.Error("the client that takes nothing is gone")
	default:
	}
	close(blocked.release)
}

// blockedOutlet takes nothing before release, whatever its context says.
type blockedOutlet struct {
	entered, release chan struct{}
}

func (o *blockedOutlet) Send(context.Context, exec.StreamOutput) bool {
	select {
	case o.entered <- struct{}{}:
	default:
	}
	<-o.release
	return true
}

// TestPasteThatNobodyReads: behind a paste of 2 MB that the program does not
// read, under load, an attach shows the screen.
func TestPasteThatNobodyReads(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, exec.Size{Rows: 24, Cols: 80}, fake())
	st.print("what the screen shows")
	ctx, cancel := context.WithCancel(t.Context())
	typist, _ := st.open(exec.AttachOptions{Size: exec.Size{Rows: 24, Cols: 80}})
	var busy sync.WaitGroup
	busy.Go(func() { typist.Type(ctx, []byte("\x1b[200~"+strings.Repeat("paste ", 350_000)+"\x1b[201~")) })
	for range 4 { // load
		busy.Go(func() {
			for ctx.Err() == nil {
				st.m.ListSessions(nil)
			}
		})
	}
	for i := range 100 {
		size := exec.Size{Rows: 24, Cols: 80}
		if i%2 == 1 {
			size = exec.Size{Rows: 20, Cols: 60 + i%7}
		}
		attach, done := context.WithTimeout(t.Context(), exectest.Patience)
		out := outlet{exectest.NewSink()}
		a, err := st.m.Open(attach, st.id, exec.AttachOptions{Size: size, ScreenFirst: i%3 == 0, ReadOnly: i%5 == 0}, out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(a.Replay(), []byte("what the screen shows")) {
			out.WaitText(t, st.id, "what the screen shows") // drawn for another size
		}
		if _, err := a.Detach(attach); err != nil {
			t.Fatalf("detach %d: %v", i, err)
		}
		done()
	}
	cancel()
	busy.Wait()
}

// TestWatchEvents: what happens to a session is told in order, with what belongs
// to it, also to one who asks later.
func TestWatchEvents(t *testing.T) {
	st := newStage(t, exec.Size{Rows: 10, Cols: 40}, fake())
	a, _ := st.open(exec.AttachOptions{Size: exec.Size{Rows: 11, Cols: 41}})
	if _, err := a.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
	st.end <- &exec.ExitError{Status: exec.ExitStatus{Code: 3}}
	var kinds []exec.EventKind
	ctx, cancel := context.WithTimeout(t.Context(), exectest.Patience)
	defer cancel()
	for ev, err := range st.m.Watch(ctx, 0, st.id) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Session != st.id || ev.Number != int64(len(kinds)+1) || ev.Time.After(time.Now()) {
			t.Errorf("event %+v", ev)
		}
		kinds = append(kinds, ev.Kind)
		switch ev.Kind {
		case exec.EventResized:
			if *ev.Size != (exec.Size{Rows: 11, Cols: 41}) {
				t.Errorf("resized to %v", ev.Size)
			}
		case exec.EventAttached, exec.EventDetached:
			if want := map[bool]int{true: 1}[ev.Kind == exec.EventAttached]; ev.Clients != want {
				t.Errorf("%s: %d clients", ev.Kind, ev.Clients)
			}
		}
		if ev.Kind == exec.EventEnded {
			if ev.Exit.Code != 3 {
				t.Errorf("ended with %v", ev.Exit)
			}
			break
		}
	}
	if want := "[created resized attached detached ended]"; fmt.Sprint(kinds) != want {
		t.Errorf("events %v, want %s", kinds, want)
	}
}
