// Package turns asks the system for short turns on a processor.
//
// A thread that wakes up while others keep all processors busy waits until one of them
// has had its turn, a few milliseconds, unless its own turn is shorter than theirs: then
// it comes first. Our threads wake for each key and have little to do, so they ask for
// the shortest. What they get in all does not change by that.
//
// Linux takes it from 6.12 on: sched_setattr(2), where the runtime of a thread of the
// usual policy is the length of its turns. Elsewhere nothing changes. Threads that are
// made later have what the one has that makes them, and so would programs.
package turns

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// shortest is the shortest that Linux gives.
const shortest = 100 * time.Microsecond

// usual has the system choose.
const usual = 0

// Short gives all threads of this process short turns.
func Short() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			set(id, shortest)
		}
	}
}

// Usual gives the calling thread the turns that others have, and so all programs that it
// starts.
func Usual() { set(0, usual) }

// set changes a thread's turns and nothing else. Where that is not allowed, it has what
// it had.
func set(thread int, turn time.Duration) {
	attr, err := unix.SchedGetAttr(thread, 0)
	if err != nil || attr.Policy != unix.SCHED_NORMAL {
		return
	}
	attr.Runtime = uint64(turn.Nanoseconds())
	unix.SchedSetAttr(thread, attr, 0)
}
