package exec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

func TestOutputBufferKeepsTheNewestBytes(t *testing.T) {
	for _, tc := range []struct {
		name     string
		capacity int
		appends  []string
		want     string
	}{
		{"empty", 4, nil, ""},
		{"below capacity", 4, []string{"ab", "c"}, "abc"},
		{"exactly full", 4, []string{"ab", "cd"}, "abcd"},
		{"wrapped", 4, []string{"abc", "def"}, "cdef"},
		{"one append larger than all", 4, []string{"abcdefgh"}, "efgh"},
		{"larger on a full one", 4, []string{"wxyz", "abcdefgh"}, "efgh"},
		{"no capacity", 0, []string{"abc"}, ""},
		{"negative capacity", -1, []string{"abc"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := NewOutputBuffer(tc.capacity)
			total := 0
			for _, s := range tc.appends {
				b.Append([]byte(s))
				total += len(s)
			}
			if got := string(b.GetAll()); got != tc.want {
				t.Errorf("GetAll = %q, want %q", got, tc.want)
			}
			if b.Len() != len(tc.want) {
				t.Errorf("Len = %d, want %d", b.Len(), len(tc.want))
			}
			if start, end := b.Offsets(); end != int64(total) || end-start != int64(len(tc.want)) {
				t.Errorf("Offsets = %d, %d after %d bytes", start, end, total)
			}
		})
	}
}

// TestOutputBufferAgainstModel holds the ring against a plain slice under
// random appends and reads.
func TestOutputBufferAgainstModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		capacity := 1 + rnd.IntN(9000)
		b := NewOutputBuffer(capacity)
		var all []byte
		for range 40 {
			p := make([]byte, rnd.IntN(5000))
			for i := range p {
				p[i] = byte(rnd.Uint32())
			}
			b.Append(p)
			all = append(all, p...)
			start := max(0, len(all)-capacity)
			if !bytes.Equal(b.GetAll(), all[start:]) {
				t.Fatalf("capacity %d, %d bytes: contents differ", capacity, len(all))
			}
			off := rnd.IntN(len(all) + 1)
			got := make([]byte, rnd.IntN(3000))
			n, err := b.ReadOffset(got, int64(off))
			if off < start {
				if !errors.Is(err, ErrEvicted) {
					t.Fatalf("read at %d before %d: %v", off, start, err)
				}
				continue
			}
			if err != nil || !bytes.Equal(got[:n], all[off:off+n]) || n != min(len(got), len(all)-off) {
				t.Fatalf("read at %d: %d bytes, %v", off, n, err)
			}
		}
	}
}

func TestOutputBufferReadPastEnd(t *testing.T) {
	b := NewOutputBuffer(8)
	b.Append([]byte("abc"))
	if n, err := b.ReadOffset(make([]byte, 4), 3); n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if _, err := b.ReadOffset(make([]byte, 4), 4); err == nil || errors.Is(err, ErrEvicted) {
		t.Errorf("past the end: %v", err)
	}
	if _, err := b.ReadOffset(make([]byte, 4), -1); !errors.Is(err, ErrEvicted) {
		t.Errorf("negative offset: %v", err)
	}
}

func TestOutputBufferGrowsWithWhatIsWritten(t *testing.T) {
	b := NewOutputBuffer(1 << 20)
	if got := b.ring.Memory(); got != 0 {
		t.Errorf("an empty buffer holds %d bytes of memory", got)
	}
	b.Append(make([]byte, 100))
	if got := b.ring.Memory(); got > 4096 {
		t.Errorf("100 bytes take %d", got)
	}
	for range 400 {
		b.Append(make([]byte, 10000))
		if got := b.ring.Memory(); got > 1<<20 {
			t.Fatalf("memory grew to %d, beyond the capacity", got)
		}
	}
	if b.Len() != 1<<20 {
		t.Errorf("Len = %d", b.Len())
	}
}

func TestGetAllReturnsACopy(t *testing.T) {
	b := NewOutputBuffer(8)
	b.Append([]byte("abc"))
	b.GetAll()[0] = 'X'
	if got := string(b.GetAll()); got != "abc" {
		t.Errorf("changing what GetAll returned changed the buffer: %q", got)
	}
}

// BenchmarkOutputBuffer appends to a full buffer; BenchmarkPlainCopy copies
// the same bytes. The first may take at most 1.5 times the second.
func BenchmarkOutputBuffer(b *testing.B) {
	buf := NewDefaultOutputBuffer()
	buf.Append(make([]byte, DefaultOutputBufferSize))
	piece := make([]byte, 4096)
	b.SetBytes(int64(len(piece)))
	for b.Loop() {
		buf.Append(piece)
	}
}

func BenchmarkPlainCopy(b *testing.B) {
	mem := make([]byte, DefaultOutputBufferSize)
	piece := make([]byte, 4096)
	at := 0
	b.SetBytes(int64(len(piece)))
	for b.Loop() {
		if at+len(piece) > len(mem) {
			at = 0
		}
		at += copy(mem[at:], piece)
	}
}
