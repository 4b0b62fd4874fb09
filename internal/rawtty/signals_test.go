package rawtty

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSignalsWakeAndAreOne(t *testing.T) {
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := WatchSignals(w, unix.SIGWINCH, unix.SIGCONT)
	for range 3 {
		if err := unix.Kill(unix.Getpid(), unix.SIGWINCH); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Kill(unix.Getpid(), unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var got SignalSet
	for !got.Has(unix.SIGWINCH) || !got.Has(unix.SIGCONT) {
		await(t, Ready{FD: w.FD(), Read: true})
		w.Clear()
		got |= s.Take()
	}
	if got.Has(unix.SIGTERM, unix.SIGHUP) {
		t.Errorf("others came as well: %x", got)
	}
	s.Stop()
	s.Stop()
	if stacks := stacks(); strings.Contains(stacks, "rawtty.WatchSignals") {
		t.Errorf("a goroutine is left:\n%s", stacks)
	}
}
