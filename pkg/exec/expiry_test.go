package exec

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rig is an expiry of an hour whose session a test plays.
type rig struct {
	expiry
	mu      sync.Mutex // guards the fields below
	end     int64
	at      time.Time
	noted   []time.Duration // when the session was told, and when it was ended, from the start
	expired time.Duration
}

func newRig() *rig {
	began := time.Now()
	r := &rig{at: began}
	r.expiry.ttl = time.Hour
	r.expiry.output = func() (int64, time.Time) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.end, r.at
	}
	r.expiry.note = func(ttl, left time.Duration) int64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.noted = append(r.noted, time.Since(began))
		r.end += 100 // the notice is output as well
		r.at = time.Now()
		return r.end
	}
	r.expiry.expire = func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.expired = time.Since(began)
	}
	r.begin()
	return r
}

// print has the program print.
func (r *rig) print() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end, r.at = r.end+1, time.Now()
}

func TestExpiry(t *testing.T) {
	for name, c := range map[string]struct {
		play    func(r *rig)
		noted   []time.Duration
		expired time.Duration
	}{
		"nobody uses it": {func(*rig) {}, []time.Duration{59 * time.Minute}, time.Hour},
		"somebody types": {func(r *rig) {
			time.Sleep(30 * time.Minute)
			r.use()
		}, []time.Duration{89 * time.Minute}, 90 * time.Minute},
		"the program prints": {func(r *rig) {
			time.Sleep(30 * time.Minute)
			r.print()
		}, []time.Duration{89 * time.Minute}, 90 * time.Minute},
		"somebody types behind the notice": {func(r *rig) {
			time.Sleep(59*time.Minute + 30*time.Second)
			r.use()
		}, []time.Duration{59 * time.Minute, 118*time.Minute + 30*time.Second}, 119*time.Minute + 30*time.Second},
		"the program prints behind the notice": {func(r *rig) {
			time.Sleep(59*time.Minute + 30*time.Second)
			r.print()
		}, []time.Duration{59 * time.Minute, 118*time.Minute + 30*time.Second}, 119*time.Minute + 30*time.Second},
		"it ends by itself": {func(r *rig) {
			time.Sleep(30 * time.Minute)
			r.expiry.end()
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				c.play(r)
				time.Sleep(5 * time.Hour)
				synctest.Wait()
				r.mu.Lock()
				defer r.mu.Unlock()
				if len(r.noted) != len(c.noted) || len(r.noted) > 0 && r.noted[0] != c.noted[0] || len(r.noted) > 1 && r.noted[1] != c.noted[1] {
					t.Errorf("told after %v, want %v", r.noted, c.noted)
				}
				if r.expired != c.expired {
					t.Errorf("ended after %v, want %v", r.expired, c.expired)
				}
			})
		})
	}
}
