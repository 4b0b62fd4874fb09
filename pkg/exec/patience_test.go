package exec

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p, end := patiently(t.Context(), time.Second)
		defer end()
		time.Sleep(time.Minute) // nobody waits yet
		if err := p.Err(); err != nil {
			t.Errorf("before a wait: %v", err)
		}
		<-p.Done()
		if d := time.Since(began); d != time.Minute+time.Second {
			t.Errorf("it ended after %v", d)
		}
		if err := p.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("in the end: %v", err)
		}

		outer, cancel := context.WithCancel(t.Context())
		waits, end := patiently(outer, time.Hour)
		defer end()
		idle, end := patiently(outer, time.Hour)
		defer end()
		done := waits.Done()
		cancel()
		<-done
		if !errors.Is(waits.Err(), context.Canceled) || !errors.Is(idle.Err(), context.Canceled) {
			t.Errorf("with the context that it was made from: %v, %v", waits.Err(), idle.Err())
		}

		over, end := patiently(t.Context(), time.Hour)
		end()
		<-over.Done()
		if !errors.Is(over.Err(), context.Canceled) {
			t.Errorf("once nobody has a use for it: %v", over.Err())
		}
	})
}
