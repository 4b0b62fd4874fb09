package server

import (
	"os"
	"runtime"
	"testing"
)

// TestThreadsAreMadeAtTheStart: where there can be no more later, Go would end
// the process.
func TestThreadsAreMadeAtTheStart(t *testing.T) {
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Skip("only Linux tells the threads of a process so")
		}
		return len(tasks)
	}
	holdThreads()
	before := threads()
	if want := runtime.GOMAXPROCS(0) + spareThreads; before < want {
		t.Errorf("%d threads, want %d", before, want)
	}
	// As many goroutines as there were made for, each in a call of the system, need
	// no more.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Fd() // takes it out of the poller: its reads hold a thread
	done := make(chan struct{})
	for range spareThreads - 1 {
		go func() {
			r.Read(make([]byte, 1))
			done <- struct{}{}
		}()
	}
	runtime.Gosched()
	w.Close()
	for range spareThreads - 1 {
		<-done
	}
	r.Close()
	if after := threads(); after > before {
		t.Errorf("%d threads became %d", before, after)
	}
}
