package rawtty

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestResizedIsCoalesced(t *testing.T) {
	terminal, _, _ := openPair(t)
	for range 3 {
		if err := unix.Kill(unix.Getpid(), unix.SIGWINCH); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, terminal.Resized())

	s := &signals{resized: make(chan struct{}, 1)}
	for range 3 {
		offer(s.resized)
	}
	<-s.resized
	select {
	case <-s.resized:
		t.Error("three changes arrived as more than one")
	default:
	}
}

func TestResumedAlsoAsksForTheSize(t *testing.T) {
	terminal, _, _ := openPair(t)
	if err := unix.Kill(unix.Getpid(), unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wait(t, terminal.Resumed())
	wait(t, terminal.Resized())
}
