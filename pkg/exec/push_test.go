package exec

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"
)

// stuckPTY is a terminal whose program does not read until it is let.
type stuckPTY struct {
	ptyFile
	let chan struct{} // closed when the program reads
	got bytes.Buffer
}

func (p *stuckPTY) TryWrite([]byte) (int, error) { return 0, nil }

func (p *stuckPTY) Write(data []byte) (int, error) {
	<-p.let
	return p.got.Write(data)
}

// TestTypingThatMustNotWait: what free had room for is taken at once, also when
// another client has taken that room in between; nothing is lost or put before
// what came first.
func TestTypingThatMustNotWait(t *testing.T) {
	var wg sync.WaitGroup
	pty := &stuckPTY{let: make(chan struct{})}
	q := newInputQueue(pty, true, &wg)
	first := bytes.Repeat([]byte("a"), 10)
	if n, err := q.writeSome(t.Context(), first); n != len(first) || err != nil {
		t.Fatalf("%d bytes were taken", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil && q.free() != maxInput { // the writer has those
		time.Sleep(time.Millisecond)
	}
	if room := q.free(); room != maxInput {
		t.Fatalf("there is room for %d bytes", room)
	}
	// Now another client types.
	other := bytes.Repeat([]byte("b"), maxInput)
	if n, err := q.writeSome(ctx, other); n != maxInput || err != nil {
		t.Fatalf("%d bytes were taken, %v", n, err)
	}
	done := make(chan error, 1)
	go func() { done <- q.push([]byte("c")) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("it waits for the program")
	}
	if free := q.free(); free > 0 {
		t.Errorf("then there is room for %d bytes", free)
	}
	close(pty.let)
	wg.Wait()
	if want := append(append(first, other...), 'c'); !bytes.Equal(pty.got.Bytes(), want) {
		t.Errorf("the program read %d bytes of %d", pty.got.Len(), len(want))
	}
	q.close()
	if q.push([]byte("d")) == nil {
		t.Error("a terminal that has gone takes input")
	}
}
