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
	for more := true; more; {
		select {
		case sig := <-s.in:
			s.note(sig)
		case <-s.quit:
			more = false
		}
	}
	for s.next(s.note) { // what came before Stop
	}
	close(s.done)
	s.giveBack()
}

func (s *Signals) note(sig os.Signal) {
	s.got.Or(bit(sig))
	s.waker.Wake()
}

// giveBack has the signals have their former effect again.
func (s *Signals) giveBack() {
	signal.Stop(s.in)
	for s.next(again) {
	}
}

// next hands a signal that came to do, if there is one.
func (s *Signals) next(do func(os.Signal)) bool {
	select {
	case sig := <-s.in:
		do(sig)
		return true
	default:
		return false
	}
}

// again sends a signal to this process.
func again(sig os.Signal) {
	if n, ok := sig.(syscall.Signal); ok {
		syscall.Kill(syscall.Getpid(), n)
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
