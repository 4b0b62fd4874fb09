package main

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// TestAwaitPort: a port is waited for until something listens, the program has ended
// or the time is over.
func TestAwaitPort(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := awaitPort(ctx, nil, port); err != nil {
		t.Errorf("something listens: %v", err)
	}
	l.Close()
	ended := make(chan struct{})
	close(ended)
	if err := awaitPort(ctx, ended, port); err == nil {
		t.Error("nothing listens, and the program has ended")
	}
	cancel()
	if err := awaitPort(ctx, nil, port); !errors.Is(err, context.Canceled) {
		t.Errorf("the time is over: %v", err)
	}
}
