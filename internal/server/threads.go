package server

import (
	"runtime"
	"sync"
)

// spareThreads is how many threads the server has beside those that run Go code
// at once: for calls of the system that take a moment.
const spareThreads = 6

// holdThreads makes the threads that the server will need. Go makes one when it
// needs it, and ends the process if the system does not give it: where a
// session has used up all the processes that its user may have, that would end
// every session. Go never gives back a thread that it has.
func holdThreads() {
	var made sync.WaitGroup
	all := make(chan struct{})
	n := runtime.GOMAXPROCS(0) + spareThreads
	made.Add(n)
	for range n {
		go func() {
			// A goroutine that holds a thread cannot share it: so there are n.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			made.Done()
			<-all
		}()
	}
	made.Wait()
	close(all)
}
