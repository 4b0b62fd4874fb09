package exec_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// viewer is a client with a terminal: what it is sent goes there, and what
// the terminal answers is typed, if answers is set.
type viewer struct {
	t       testing.TB
	st      *stage
	name    string
	in      chan exec.StreamInput
	ctx     context.Context // its stream's life
	cancel  context.CancelFunc
	done    chan struct{} // its stream has ended
	answers atomic.Bool

	gate    sync.Mutex // held while it does not read
	mu      sync.Mutex // guards the fields below
	term    *vt.Terminal
	early   []exec.StreamOutput // came before the replay was written
	shown   bool                // the replay was
	at      int64               // offset behind the last bytes
	outputs []exec.StreamOutput
	text    []byte // all that the terminal was sent
	closed  *exec.StreamOutput
	changed chan struct{} // closed when there is more
	asked   [][]byte      // answers of the terminal that were not typed yet
}

// view opens a stream for a client.
func (st *stage) view(name string, size exec.Size) *viewer {
	st.t.Helper()
	v := &viewer{
		t: st.t, st: st, name: name,
		in: make(chan exec.StreamInput), done: make(chan struct{}),
		changed: make(chan struct{}),
	}
	v.term = vt.New(vt.Size(size), vt.Config{Effects: vt.Effects{Reply: func(answer []byte) {
		v.asked = append(v.asked, append([]byte(nil), answer...))
	}}})
	v.ctx, v.cancel = context.WithCancel(context.Background())
	out, err := st.m.Stream(types.NewContext(v.ctx, by(name)), v.in)
	if err != nil {
		st.t.Fatal(err)
	}
	go v.read(out)
	return v
}

func (v *viewer) read(out chan exec.StreamOutput) {
	defer close(v.done)
	for {
		v.gate.Lock()
		v.gate.Unlock() //lint:ignore SA2001 it waits for stop's end
		output, ok := <-out
		if !ok {
			return
		}
		v.mu.Lock()
		v.outputs = append(v.outputs, output)
		if v.shown {
			v.apply(output)
		} else {
			v.early = append(v.early, output)
		}
		close(v.changed)
		v.changed = make(chan struct{})
		v.mu.Unlock()
		v.answer()
	}
}

// apply is called with mu held.
func (v *viewer) apply(o exec.StreamOutput) {
	v.text = append(v.text, o.Data...)
	v.term.Write(o.Data)
	v.at = max(v.at, o.Offset) // what is drawn stands at its offset
	if v.at == o.Offset && o.Signal == exec.StreamSignalNone {
		v.at += int64(len(o.Data))
	}
	if o.Signal == exec.StreamSignalClose {
		v.closed = &o
	}
}

// answer types what the terminal answered.
func (v *viewer) answer() {
	v.mu.Lock()
	asked := v.asked
	v.asked = nil
	v.mu.Unlock()
	if !v.answers.Load() {
		return
	}
	for _, a := range asked {
		v.typeBytes(a)
	}
}

func (v *viewer) typeBytes(p []byte) {
	v.t.Helper()
	select {
	case v.in <- exec.StreamInput{SessionID: v.st.id, Data: p}:
	case <-v.ctx.Done():
	case <-time.After(exectest.Patience):
		v.t.Errorf("%s could not type %q", v.name, p)
	}
}

// attach attaches and shows the replay.
func (v *viewer) attach(o exec.AttachOptions) *exec.Attached {
	v.t.Helper()
	at, err := v.st.m.Attach(by(v.name), v.st.id, o)
	if err != nil {
		v.t.Fatal(err)
	}
	v.show(at)
	return at
}

// show shows what an attach was answered, and what the stream carried before
// that.
func (v *viewer) show(at *exec.Attached) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.text = append(v.text, at.Replay...)
	v.term.Write(at.Replay)
	v.at, v.shown = at.Offset, true
	for _, output := range v.early {
		v.apply(output)
	}
	v.early = nil
}

// resize gives the client's terminal another size.
func (v *viewer) resize(size exec.Size) {
	v.t.Helper()
	v.mu.Lock()
	v.term.Resize(vt.Size(size))
	v.mu.Unlock()
	if err := v.st.m.ResizeSession(by(v.name), v.st.id, int32(size.Rows), int32(size.Cols)); err != nil {
		v.t.Fatal(err)
	}
}

// stop has the client read no more until gate is unlocked. It takes one output
// to do so.
func (v *viewer) stop() {
	v.t.Helper()
	v.gate.Lock()
	v.st.print(" ")
	v.waitAt(v.st.written)
}

// snapshot returns what the client's terminal shows.
func (v *viewer) snapshot() *vt.Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.term.Snapshot()
}

// wait waits until ok is true, which is called with mu held. It fails with
// what why says.
func (v *viewer) wait(ok func() bool, why func() string) {
	v.t.Helper()
	deadline := time.After(exectest.Patience)
	for {
		v.mu.Lock()
		done, changed := ok(), v.changed
		v.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			v.t.Fatalf("%s: %s", v.name, why())
		}
	}
}

// waitAt waits until the client has what stands before offset.
func (v *viewer) waitAt(offset int64) {
	v.t.Helper()
	v.wait(func() bool { return v.at >= offset }, func() string { return "output did not come" })
}

// waitSame waits until the client's terminal is in the session's state.
func (v *viewer) waitSame(session *vt.Snapshot) {
	v.t.Helper()
	diff := ""
	v.wait(func() bool {
		diff = stateDiff(session, v.term.Snapshot())
		return diff == ""
	}, func() string { return "is not in the session's state (-session +client):\n" + diff })
}

// waitText waits until the client was sent text.
func (v *viewer) waitText(text string) {
	v.t.Helper()
	v.wait(func() bool { return bytes.Contains(v.text, []byte(text)) },
		func() string { return fmt.Sprintf("no %q in %q", text, v.text) })
}

// waitClosed waits until the client is told that its attachment has ended.
func (v *viewer) waitClosed() *exec.StreamOutput {
	v.t.Helper()
	v.wait(func() bool { return v.closed != nil }, func() string { return "it was not told the end" })
	return v.closed
}

// leave detaches, and hangs up once everything was shown.
func (v *viewer) leave() {
	v.t.Helper()
	left, err := v.st.m.Detach(by(v.name), v.st.id)
	if err != nil {
		v.t.Fatal(err)
	}
	v.hangUp()
	v.term.Write(left.Leave)
}

func (v *viewer) hangUp() {
	v.cancel()
	<-v.done
}

// sent returns all outputs so far.
func (v *viewer) sent() []exec.StreamOutput {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.outputs)
}
