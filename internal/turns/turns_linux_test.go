package turns

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// turn returns the length of a thread's turns in nanoseconds, as the system tells it.
func turn(t *testing.T, thread int) uint64 {
	t.Helper()
	attr, err := unix.SchedGetAttr(thread, 0)
	if err != nil {
		t.Fatal(err)
	}
	return attr.Runtime
}

// All threads have short turns, and who asks for the usual ones has them alone, with the
// programs that it starts.
func TestTurns(t *testing.T) {
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	before := turn(t, 0)
	if before == 0 {
		t.Skip("this system tells no turns")
	}
	other, over := make(chan int), make(chan struct{})
	defer close(over)
	go func() {
		runtime.LockOSThread()
		other <- unix.Gettid()
		<-over
	}()
	thread := <-other
	Short()
	Usual()
	if got := turn(t, 0); got != before {
		t.Errorf("turns of %d ns, %d before", got, before)
	}
	if got := turn(t, thread); got != uint64(shortest.Nanoseconds()) {
		t.Errorf("another thread has turns of %d ns", got)
	}
	p, err := os.StartProcess("/bin/sleep", []string{"sleep", "100"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wait()
	defer p.Kill()
	if got := turn(t, p.Pid); got != before {
		t.Errorf("a program has turns of %d ns", got)
	}
}
