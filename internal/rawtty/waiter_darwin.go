package rawtty

import "time"

// Waiter is Wait for one who waits again and again.
type Waiter struct{}

// NewWaiter returns a Waiter, which its user closes.
func NewWaiter() *Waiter { return &Waiter{} }

// Wait is Wait.
func (*Waiter) Wait(fds []Ready, timeout time.Duration) error { return Wait(fds, timeout) }

// Close releases the Waiter. It may be called twice.
func (*Waiter) Close() {}
