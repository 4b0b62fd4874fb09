package vt

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// store returns what is stored of a terminal.
func store(term *Terminal) Stored {
	k := term.Keep()
	var blocks [][]byte
	for _, b := range k.Blocks {
		blocks = append(blocks, b.Append(nil))
	}
	s := k.Stored()
	s.Blocks = blocks
	return s
}

// filled returns a terminal that was given data, with blocks that are full before they
// would be.
func filled(size Size, data []byte, rnd *rand.Rand) *Terminal {
	term := New(size, Config{Scrollback: 60})
	for len(data) > 0 {
		n := min(1+rnd.IntN(60), len(data))
		term.Write(data[:n])
		data = data[n:]
		if len(term.hist.tail.ends) > 0 {
			term.hist.seal()
		}
	}
	return term
}

// storedGoesOn checks that a terminal that was stored and restored is what it was, and
// stays so.
func storedGoesOn(t *testing.T, size Size, data, rest []byte, rnd *rand.Rand) {
	first := filled(size, data, rnd)
	second := New(size, Config{Scrollback: 60, Effects: silent(t)})
	stored := store(first)
	blocks, err := second.Restore(stored)
	if err != nil || len(blocks) != len(stored.Blocks) {
		t.Fatalf("%d of %d blocks, %v", len(blocks), len(stored.Blocks), err)
	}
	second.cfg.Effects = Effects{}
	if d := diffSnapshots(first.Snapshot(), second.Snapshot()); len(d) > 0 {
		t.Fatalf("snapshot, and as it was stored:\n%s%q", clippedTo(d), stored.Replay)
	}
	goOn(t, first, second, rest, stored.Replay)
}

// A line that goes on from the history to the screen stays one line.
func TestStoredSeam(t *testing.T) {
	for _, lines := range []int{5, 30, 500} {
		first := New(Size{3, 10}, Config{Scrollback: 100})
		first.Write([]byte("one\r\n"))
		first.Write(bytes.Repeat([]byte("0123456789"), lines))
		second := New(Size{3, 10}, Config{Scrollback: 100})
		if _, err := second.Restore(store(first)); err != nil {
			t.Fatal(err)
		}
		first.Resize(Size{3, 25})
		second.Resize(Size{3, 25})
		if d := diffSnapshots(first.Snapshot(), second.Snapshot()); len(d) > 0 {
			t.Errorf("%d lines:\n%s", lines, clippedTo(d))
		}
	}
}

// A block is known again: what was stored of it once need not be stored anew.
func TestBlocksAreKnownAgain(t *testing.T) {
	term := New(Size{3, 80}, Config{})
	term.Write(bytes.Repeat([]byte("some text of a line\r\n"), 5000))
	before := term.Keep()
	term.Write(bytes.Repeat([]byte("some text of a line\r\n"), 2000))
	after := term.Keep()
	if n := len(before.Blocks); n < 2 || len(after.Blocks) <= n {
		t.Fatalf("%d and then %d blocks", n, len(after.Blocks))
	}
	for i, b := range before.Blocks {
		if b != after.Blocks[i] {
			t.Errorf("block %d is another", i)
		}
	}
	second := New(Size{3, 80}, Config{})
	restored, err := second.Restore(store(term))
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range second.Keep().Blocks {
		if b != restored[i] {
			t.Errorf("restored block %d is another", i)
		}
	}
}

// What cannot be read costs the history and nothing else.
func TestDamagedStored(t *testing.T) {
	term := filled(Size{3, 20}, bytes.Repeat([]byte("\x1b[31mred\x1b[m and\r\n"), 20), rand.New(rand.NewPCG(1, 1)))
	for name, damage := range map[string]func(*Stored){
		"a block cut short":     func(s *Stored) { s.Blocks[1] = s.Blocks[1][:5] },
		"a tail of zeros":       func(s *Stored) { s.Tail = make([]byte, 9) },
		"more dropped than had": func(s *Stored) { s.Dropped = 1000 },
		"fewer than none":       func(s *Stored) { s.Dropped = -1 },
		"an empty block":        func(s *Stored) { s.Blocks[0] = nil },
	} {
		stored := store(term)
		damage(&stored)
		got := New(Size{3, 20}, Config{})
		if _, err := got.Restore(stored); err == nil {
			t.Errorf("%s: no error", name)
		}
		if snap := got.Snapshot(); snap.HistoryLines() > 0 {
			t.Errorf("%s: %d lines of history", name, snap.HistoryLines())
		} else if !slices.Equal(snap.Text(), term.Snapshot().Text()) {
			t.Errorf("%s: the screen is %q", name, snap.Text())
		}
	}
}

// FuzzRestore reads anything as a block and does all that is done with a history.
func FuzzRestore(f *testing.F) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		s := store(filled(Size{5, 10}, script(rnd, 60, Size{5, 10}), rnd))
		for _, b := range s.Blocks {
			f.Add(b, s.Tail)
		}
	}
	f.Fuzz(func(t *testing.T, block, tail []byte) {
		term := New(Size{5, 10}, Config{Scrollback: 1000})
		term.Restore(Stored{Blocks: [][]byte{block}, Tail: tail, Continues: true, Replay: []byte("x")})
		term.Write([]byte("\x1b[31ma\r\n\n\n\n\n\n\n"))
		term.Resize(Size{7, 23})
		check(t, term)
		term.Snapshot().AppendReplay(nil, ReplayOptions{})
		second := New(Size{7, 23}, Config{Scrollback: 1000})
		if _, err := second.Restore(store(term)); err != nil {
			t.Error(err)
		}
	})
}
