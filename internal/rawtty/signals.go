package rawtty

import (
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
)

// Signals gathers signals for a loop that sits in Wait: each one that comes
// wakes it. The same signal twice before Take is one.
type Signals struct {
	waker *Waker
	got   atomic.Uint64 // a bit for each signal that came
	in    chan os.Signal
	stop  sync.Once
	quit  chan struct{}
	done  chan struct{} // closed when nothing more is gathered
}

// WatchSignals begins to gather. The caller calls Stop, before it closes the
// waker.
func WatchSignals(w *Waker, sigs ...os.Signal) *Signals {
	s := &Signals{waker: w, in: make(chan os.Signal, 16), quit: make(chan struct{}), done: make(chan struct{})}
	signal.Notify(s.in, sigs...)
	go s.gather() // ends a moment behind Stop
	return s
}

func (s *Signals) gather() {
	defer s.giveBack()
	defer close(s.done)
	for {
		select {
		case sig := <-s.in:
			s.got.Or(bit(sig))
			s.waker.Wake()
		case <-s.quit:
			return
		}
	}
}

func bit(sig os.Signal) uint64 {
	n, _ := sig.(syscall.Signal)
	return 1 << (uint(n) % 64)
}

// SignalSet is some signals.
type SignalSet uint64

// Has reports whether one of the signals is in the set.
func (s SignalSet) Has(sigs ...os.Signal) bool {
	for _, sig := range sigs {
		if uint64(s)&bit(sig) != 0 {
			return true
		}
	}
	return false
}

// Take returns the signals that came since the last time.
func (s *Signals) Take() SignalSet { return SignalSet(s.got.Swap(0)) }

// Stop ends gathering. The signals have their former effect again a moment later,
// since to give one back wakes two threads in turn; one that comes in between is sent
// to this process once more.
func (s *Signals) Stop() {
	s.stop.Do(func() { close(s.quit) })
	<-s.done
}

// giveBack is the end of the goroutine's work, for which nobody waits.
func (s *Signals) giveBack() {
	signal.Stop(s.in)
	for {
		select {
		case sig := <-s.in:
			if n, ok := sig.(syscall.Signal); ok {
				syscall.Kill(syscall.Getpid(), n)
			}
		default:
			return
		}
	}
}
