package vt

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

var fuzzSizes = []Size{{24, 80}, {5, 10}, {3, 7}, {10, 20}, {1, 1}, {2, 3}}

// TestScripts runs the properties that the fuzz tests below check on scripts.
func TestScripts(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		size := fuzzSizes[rnd.IntN(len(fuzzSizes))]
		data := script(rnd, 60, size)
		if !t.Run("", func(t *testing.T) {
			splitAnyhow(t, size, data)
			replayFixedPoint(t, size, data)
			replayGoesOn(t, size, data, script(rnd, 12, size))
			storedGoesOn(t, size, data, script(rnd, 12, size), rnd)
			resizeKeepsText(t, size, data)
		}) {
			t.Fatalf("seed %d, size %v: %q", seed, size, data)
		}
	}
}

func addSeeds(f *testing.F) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		f.Add(script(rnd, 20, fuzzSizes[1]), byte(seed))
	}
	for _, p := range scriptPieces {
		f.Add([]byte(p), byte(0))
	}
}

func FuzzWrite(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte, n byte) {
		splitAnyhow(t, fuzzSizes[int(n)%len(fuzzSizes)], data)
	})
}

func FuzzReplay(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte, n byte) {
		size := fuzzSizes[int(n)%len(fuzzSizes)]
		replayFixedPoint(t, size, data)
		replayGoesOn(t, size, data[:len(data)/2], data[len(data)/2:])
	})
}

func FuzzResize(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte, n byte) {
		resizeKeepsText(t, fuzzSizes[int(n)%len(fuzzSizes)], data)
	})
}

// splitAnyhow checks that bytes one by one do the same as all at once.
func splitAnyhow(t *testing.T, size Size, data []byte) {
	whole, split := New(size, Config{Scrollback: 50}), New(size, Config{Scrollback: 50})
	whole.Write(data)
	check(t, whole)
	for i := range data {
		split.Write(data[i : i+1])
	}
	check(t, split)
	if d := differences(t, whole.Snapshot(), split.Snapshot()); d != "" {
		t.Fatalf("at once, and byte by byte:\n%s", d)
	}
}

// replayFixedPoint checks that a snapshot's replay leads to the same snapshot, in
// a terminal that was used before too.
func replayFixedPoint(t *testing.T, size Size, data []byte) {
	first, second := New(size, Config{Scrollback: 50}), New(size, Config{Scrollback: 50})
	first.Write(data)
	want := first.Snapshot()
	second.Write([]byte("\x1b[31;44m\x1b[?1;6;7h\x1b[4h\x1b[2;3r\x1b(0\x1b[3g"))
	replay := want.AppendReplay(nil, ReplayOptions{})
	second.Write(replay)
	check(t, second)
	got := second.Snapshot()
	if n := got.hist.lines - want.hist.lines; n > 0 { // its own, above
		got.hist.first, got.hist.lines = got.hist.first+n, want.hist.lines
	}
	if d := differences(t, want, got); d != "" {
		t.Fatalf("snapshot, and after its replay:\n%sreplay: %q", d, replay)
	}
}

// replayGoesOn checks that a replay in a fresh terminal leads to the same state, all
// that cannot be seen of it included, and that in the course of what is printed next
// both are still alike.
func replayGoesOn(t *testing.T, size Size, data, rest []byte) {
	first, second := New(size, Config{}), New(size, Config{Effects: silent(t)})
	first.Write(data)
	now := first.Snapshot()
	replay := now.AppendReplay(nil, ReplayOptions{})
	second.Write(replay)
	if d := diffSnapshots(now, second.Snapshot()); len(d) > 0 {
		t.Fatalf("snapshot, and after its replay:\n%sreplay: %q", clippedTo(d), replay)
	}
	second.cfg.Effects = Effects{}
	goOn(t, first, second, rest, replay)
}

// goOn checks that two terminals that show the same do so after more output. how is what
// brought the second one there.
func goOn(t *testing.T, first, second *Terminal, rest, how []byte) {
	stride := len(rest)/8 + 1
	for at := 0; at < len(rest); at += stride {
		next := min(at+stride, len(rest))
		first.Write(rest[at:next])
		second.Write(rest[at:next])
		if d := diffSnapshots(first.Snapshot(), second.Snapshot()); len(d) > 0 {
			t.Fatalf("after %q:\n%sreplay: %q", rest[:next], clippedTo(d), how)
		}
	}
}

// resizeKeepsText checks that text survives other sizes as long as the history
// has room for it.
func resizeKeepsText(t *testing.T, size Size, data []byte) {
	term := New(size, Config{})
	// A prompt that is to be drawn anew makes way.
	term.Write(bytes.ReplaceAll(data, []byte("redraw"), []byte("no")))
	want := logicalText(term.Snapshot())
	for _, s := range []Size{{7, 5}, {3, 30}, {12, 200}, size} {
		term.Resize(s)
		check(t, term)
		if got := logicalText(term.Snapshot()); got != want && (s == size || !strings.HasPrefix(want, got)) {
			t.Fatalf("at %v:\n%q\nwant\n%q", s, got, want)
		}
	}
}
