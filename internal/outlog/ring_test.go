package outlog

import (
	"bytes"
	"errors"
	"testing"
)

// countingHeap is Heap that counts what it gave.
type countingHeap struct{ grown []int }

func (h *countingHeap) Grow(old []byte, n int) []byte {
	h.grown = append(h.grown, n)
	return Heap{}.Grow(old, n)
}

func TestRingKeepsTheNewest(t *testing.T) {
	for _, capacity := range []int{0, 1, 7, 4096, 5000} {
		r := NewRing(capacity, Heap{})
		var all []byte
		for i, n := range []int{0, 1, 3, 7, 2, 8, 4096, 1, 9000, 5} {
			data := bytes.Repeat([]byte{byte('a' + i)}, n)
			r.Append(data)
			all = append(all, data...)
			want := all[max(0, len(all)-capacity):]
			if got := r.All(); !bytes.Equal(got, want) {
				t.Fatalf("capacity %d, after %d appends: %d bytes are held, want %d", capacity, i+1, len(got), len(want))
			}
			if r.End() != int64(len(all)) || r.Start() != int64(len(all)-len(want)) || r.Memory() > max(capacity, 0) {
				t.Errorf("capacity %d: from %d to %d in %d bytes", capacity, r.Start(), r.End(), r.Memory())
			}
		}
	}
}

// TestRingGrowsWithItsContent: an idle session's log takes no memory, a busy one
// few steps to all of it.
func TestRingGrowsWithItsContent(t *testing.T) {
	h := &countingHeap{}
	r := NewRing(1_000_000, h)
	if r.Memory() != 0 {
		t.Errorf("an empty ring takes %d bytes", r.Memory())
	}
	r.Append([]byte("x"))
	if r.Memory() != firstGrowth {
		t.Errorf("a byte takes %d", r.Memory())
	}
	for range 3_000_000 / 100 {
		r.Append(make([]byte, 100))
	}
	if r.Memory() != 1_000_000 || len(h.grown) > 10 {
		t.Errorf("it grew to %d", h.grown)
	}
}

func TestRingRead(t *testing.T) {
	r := NewRing(10, Heap{})
	r.Append([]byte("0123456789abcde")) // 5 to 15
	for _, tc := range []struct {
		offset int64
		room   int
		want   string
		err    error
	}{
		{5, 100, "56789abcde", nil},
		{5, 3, "567", nil},
		{9, 3, "9ab", nil}, // over the seam
		{14, 9, "e", nil},
		{15, 9, "", nil},
		{4, 9, "", ErrEvicted},
		{-1, 9, "", ErrEvicted},
	} {
		p := make([]byte, tc.room)
		n, err := r.Read(p, tc.offset)
		if string(p[:n]) != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("at %d: %q, %v, want %q, %v", tc.offset, p[:n], err, tc.want, tc.err)
		}
	}
	if _, err := r.Read(make([]byte, 1), 16); err == nil || errors.Is(err, ErrEvicted) {
		t.Errorf("past the end: %v", err)
	}
}
