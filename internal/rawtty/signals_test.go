package rawtty

import (
	"os"
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

func TestSignalsWakeAndAreOne(t *testing.T) {
	leaktest.Check(t)
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
}

// TestSignalsAtTheEnd: a signal that came when nobody gathered any more is not lost.
func TestSignalsAtTheEnd(t *testing.T) {
	others := make(chan os.Signal, 1)
	signal.Notify(others, unix.SIGUSR1)
	defer signal.Stop(others)
	s := &Signals{in: make(chan os.Signal, 1)}
	s.in <- unix.SIGUSR1
	s.giveBack()
	if got := <-others; got != unix.SIGUSR1 {
		t.Errorf("got %v", got)
	}
}
