package exectest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// Sink records stream output: as a Manager's OutputSink, or from a stream's
// channel with Record.
type Sink struct {
	mu        sync.Mutex // guards the fields below
	outputs   []exec.StreamOutput
	bySession map[string][]exec.StreamOutput
	changed   chan struct{} // closed when a field changes
	ended     bool
}

var _ exec.OutputSink = (*Sink)(nil)

// NewSink returns an empty Sink.
func NewSink() *Sink {
	return &Sink{bySession: make(map[string][]exec.StreamOutput), changed: make(chan struct{})}
}

// Record returns a Sink of all that the channel carries. Its goroutine ends
// when the channel is closed.
func Record(from <-chan exec.StreamOutput) *Sink {
	s := NewSink()
	go func() {
		for output := range from {
			s.OnOutput(output)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = true
		s.notify()
	}()
	return s
}

// OnOutput implements exec.OutputSink.
func (s *Sink) OnOutput(output exec.StreamOutput) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outputs = append(s.outputs, output)
	s.bySession[output.SessionID] = append(s.bySession[output.SessionID], output)
	s.notify()
}

// notify wakes who waits. The caller holds mu.
func (s *Sink) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Outputs returns what was recorded of a session, in order; of all sessions
// for an empty ID.
func (s *Sink) Outputs(sessionID string) []exec.StreamOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(sessionID)
}

// of is Outputs for a caller that holds mu.
func (s *Sink) of(sessionID string) []exec.StreamOutput {
	if sessionID == "" {
		return slices.Clone(s.outputs)
	}
	return slices.Clone(s.bySession[sessionID])
}

// Bytes returns what came of the session's output to target. What comes with a
// signal is not the program's.
func (s *Sink) Bytes(sessionID string, target exec.StreamTarget) []byte {
	return data(s.Outputs(sessionID), target)
}

func data(outputs []exec.StreamOutput, target exec.StreamTarget) []byte {
	var all []byte
	for _, o := range outputs {
		if o.Target == target && o.Signal == exec.StreamSignalNone {
			all = append(all, o.Data...)
		}
	}
	return all
}

// Wait waits until ok says that what was recorded of the session is what the
// test waits for, and returns it. ok may be called many times.
func (s *Sink) Wait(tb testing.TB, sessionID string, ok func([]exec.StreamOutput) bool) []exec.StreamOutput {
	tb.Helper()
	deadline := time.After(Patience)
	for {
		s.mu.Lock()
		outputs, changed := s.of(sessionID), s.changed
		s.mu.Unlock()
		if ok(outputs) {
			return outputs
		}
		select {
		case <-changed:
		case <-deadline:
			tb.Fatalf("what the test waits for did not come; of session %q came:\n%s", sessionID, describe(outputs))
		}
	}
}

// WaitText waits until the session's standard output, or the output of its
// terminal, contains text.
func (s *Sink) WaitText(tb testing.TB, sessionID, text string) []exec.StreamOutput {
	tb.Helper()
	return s.Wait(tb, sessionID, func(outputs []exec.StreamOutput) bool {
		return bytes.Contains(data(outputs, exec.StreamTargetStdOut), []byte(text))
	})
}

// WaitSignal waits for an event of the session and returns the first one.
func (s *Sink) WaitSignal(tb testing.TB, sessionID string, signal exec.StreamSignal) exec.StreamOutput {
	tb.Helper()
	is := func(o exec.StreamOutput) bool { return o.Signal == signal }
	outputs := s.Wait(tb, sessionID, func(outputs []exec.StreamOutput) bool {
		return slices.ContainsFunc(outputs, is)
	})
	return outputs[slices.IndexFunc(outputs, is)]
}

// WaitClose waits until the session's end, or a detach by another client, is
// told, and returns how.
func (s *Sink) WaitClose(tb testing.TB, sessionID string) exec.StreamOutput {
	tb.Helper()
	return s.WaitSignal(tb, sessionID, exec.StreamSignalClose)
}

// WaitEnd waits until the channel that is recorded was closed.
func (s *Sink) WaitEnd(tb testing.TB) {
	tb.Helper()
	deadline := time.After(Patience)
	for {
		s.mu.Lock()
		ended, changed := s.ended, s.changed
		s.mu.Unlock()
		if ended {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			tb.Fatal("the stream did not end")
		}
	}
}

// describe shows the last outputs, for a test that failed.
func describe(outputs []exec.StreamOutput) string {
	const most = 20
	var b strings.Builder
	if len(outputs) > most {
		fmt.Fprintf(&b, "(%d before these)\n", len(outputs)-most)
		outputs = outputs[len(outputs)-most:]
	}
	for _, o := range outputs {
		fmt.Fprintf(&b, "%q at %d: %v %v %.200q exit=%v error=%v detached=%v\n",
			o.SessionID, o.Offset, o.Target, o.Signal, o.Data, o.Exit, o.Error, o.Detached)
	}
	return b.String()
}
