package main

import "testing"

func TestPromise(t *testing.T) {
	for _, c := range []struct {
		want promise
		v    values
		said string
	}{
		{atMost(100), values{xshName: 99}, "met"},
		{atMost(100), values{xshName: 100}, "met"},
		{atMost(100), values{xshName: 101}, "MISSED"},
		{atLeast(0.7), values{xshName: 0.7}, "met"},
		{atLeast(0.7), values{xshName: 0.69}, "MISSED"},
		{atMost(1.5).times(tmuxName), values{xshName: 3, tmuxName: 2}, "1.50  met"},
		{atMost(1.5).times(tmuxName), values{xshName: 4, tmuxName: 2}, "2.00  MISSED"},
		{atLeast(0.8).times(tmuxName), values{xshName: 240, tmuxName: 200}, "1.20  met"},
		{atLeast(0.8).times(tmuxName), values{xshName: 240}, "no tmux here"},
		{atMost(100), values{rawName: 1}, "not measured"},
	} {
		if said := verdict(c.v, c.want); said != c.said {
			t.Errorf("%v of %v: %q, not %q", c.want, c.v, said, c.said)
		}
	}
}

func TestQuantile(t *testing.T) {
	p := &peer{name: xshName}
	s := samples{}
	for i := range 101 {
		s.add(p, float64((i*37)%101)) // in no order
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99} {
		if got := s.quantile(q, 1)[xshName]; got != want {
			t.Errorf("quantile %g is %g, not %g", q, got, want)
		}
	}
}
