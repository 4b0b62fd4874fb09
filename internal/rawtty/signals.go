package rawtty

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// signals turns what the system tells of the terminal into two channels that
// hold at most one piece of news each.
type signals struct {
	in       chan os.Signal
	resized  chan struct{}
	resumed  chan struct{}
	quit     chan struct{}
	stopOnce sync.Once
	done     sync.WaitGroup
}

func watchSignals() *signals {
	s := &signals{
		in:      make(chan os.Signal, 4),
		resized: make(chan struct{}, 1),
		resumed: make(chan struct{}, 1),
		quit:    make(chan struct{}),
	}
	signal.Notify(s.in, unix.SIGWINCH, unix.SIGCONT)
	s.done.Go(s.run)
	return s
}

// run ends when stop is called.
func (s *signals) run() {
	for {
		select {
		case <-s.quit:
			return
		case sig := <-s.in:
			// SIGWINCH goes to the foreground alone: a process that was stopped
			// may have missed one.
			offer(s.resized)
			if sig == unix.SIGCONT {
				offer(s.resumed)
			}
		}
	}
}

// stop returns when run has ended.
func (s *signals) stop() {
	s.stopOnce.Do(func() {
		signal.Stop(s.in)
		close(s.quit)
	})
	s.done.Wait()
}

func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Resized delivers a value when the terminal's size may have changed; ask Size
// for it. Changes that come faster than they are received are one. The channel
// is the same at each call, is for one receiver, and is never closed.
func (t *Terminal) Resized() <-chan struct{} { return t.signals.resized }

// Resumed delivers a value when the process goes on after it was stopped, by
// Suspend or by anyone else: the terminal may be in any mode by then, and show
// anything. The channel is as that of Resized.
func (t *Terminal) Resumed() <-chan struct{} { return t.signals.resumed }
