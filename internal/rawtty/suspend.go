package rawtty

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// ErrNoJobControl is returned by Suspend when nobody could continue us.
var ErrNoJobControl = errors.New("no job control: nobody could continue a stopped process here")

// Suspend restores the terminal and stops the process group, as a program does
// on Ctrl-Z: the shell takes over until the user brings the job back. Then it
// returns, with the terminal as the shell left it; the caller calls MakeRaw again
// and has the screen drawn anew.
func (t *Terminal) Suspend() error {
	if orphaned() {
		return ErrNoJobControl
	}
	if err := t.Restore(); err != nil {
		return err
	}
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, unix.SIGCONT)
	defer signal.Stop(resumed)
	// SIGSTOP rather than SIGTSTP: the caller may be handling that one. To the
	// group rather than to us: the other half of a pipeline would go on, and
	// the shell would not take the job for stopped.
	if err := unix.Kill(0, unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	// The other threads may run on for a moment after kill has returned.
	<-resumed
	return nil
}

// orphaned tells whether our process group has no parent in another group of its
// session, so that no shell waits for it: stopped, it would stay so for ever. This
// is so for `ssh -t host xsh attach`, and when a terminal runs us in place of a
// shell. A parent in our own group is taken for one that has such a parent.
func orphaned() bool {
	session, err := unix.Getsid(0)
	if err != nil || session == unix.Getpgrp() {
		return true
	}
	parents, err := unix.Getsid(unix.Getppid())
	return err != nil || parents != session
}
