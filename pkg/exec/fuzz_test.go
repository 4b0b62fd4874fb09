package exec

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzOutputBuffer holds a buffer against the log of all that was written: it
// has the newest bytes, knows their offsets, and gives out no others. Each
// byte of steps is one append, its length in the low bits, or a read.
func FuzzOutputBuffer(f *testing.F) {
	f.Add(16, []byte{1, 5, 200, 40, 0, 255, 17})
	f.Add(1, []byte{64, 63, 1, 2, 130})
	f.Add(0, []byte{3, 255})
	f.Add(-5, []byte{3})
	f.Add(5000, bytes.Repeat([]byte{63}, 100))
	f.Fuzz(func(t *testing.T, capacity int, steps []byte) {
		if capacity > 1<<16 || len(steps) > 1<<12 {
			t.Skip()
		}
		b := NewOutputBuffer(capacity)
		var all []byte
		for i, step := range steps {
			piece := make([]byte, int(step&0x7f)*(1+int(step>>7)*97))
			for j := range piece {
				piece[j] = byte(len(all) + j*7 + i)
			}
			b.Append(piece)
			all = append(all, piece...)
			checkBuffer(t, b, all, max(capacity, 0), int(step))
		}
	})
}

func checkBuffer(t *testing.T, b *OutputBuffer, all []byte, capacity, seed int) {
	t.Helper()
	start := max(0, len(all)-capacity)
	if got := b.GetAll(); !bytes.Equal(got, all[start:]) || b.Len() != len(got) {
		t.Fatalf("%d bytes, Len %d, want the last %d", len(got), b.Len(), len(all)-start)
	}
	if from, to := b.Offsets(); from != int64(start) || to != int64(len(all)) {
		t.Fatalf("offsets %d to %d, want %d to %d", from, to, start, len(all))
	}
	if b.ring.Memory() > capacity {
		t.Fatalf("%d bytes of memory for a capacity of %d", b.ring.Memory(), capacity)
	}
	p := make([]byte, seed*3)
	for _, offset := range []int{start - 1, start, start + seed, len(all) - seed, len(all), len(all) + 1} {
		n, err := b.ReadOffset(p, int64(offset))
		switch {
		case offset < start:
			if !errors.Is(err, ErrEvicted) {
				t.Fatalf("read at %d, before %d: %d, %v", offset, start, n, err)
			}
		case offset > len(all):
			if err == nil || errors.Is(err, ErrEvicted) {
				t.Fatalf("read at %d, past %d: %d, %v", offset, len(all), n, err)
			}
		case err != nil || n != min(len(p), len(all)-offset) || !bytes.Equal(p[:n], all[offset:offset+n]):
			t.Fatalf("read at %d: %d bytes, %v", offset, n, err)
		}
	}
}

// FuzzSafeBoundary: what remains of output that was cut begins behind a line's
// end or with a sequence, and nothing before it could have been begun with.
func FuzzSafeBoundary(f *testing.F) {
	for _, s := range []string{
		"", "plain", "31mred\x1b[0m", "rest\nnext", "]0;title\x1b\\after\n", "\x1b", "\x1b\\", "x\x1b\x1b[m", "\n", "\xff\xfe\x1b[",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		at := safeBoundary(data)
		if !bytes.Equal(data, before) {
			t.Fatal("the data was changed")
		}
		if at < 0 || at > len(data) {
			t.Fatalf("boundary %d of %d", at, len(data))
		}
		begins := at > 0 && data[at-1] == '\n' ||
			at < len(data) && data[at] == '\x1b' && !bytes.HasPrefix(data[at:], []byte("\x1b\\"))
		if at > 0 && !begins {
			t.Fatalf("boundary %d is within %q", at, data)
		}
		skipped := strings.ReplaceAll(string(data[:at]), "\x1b\\", "")
		if at > 0 && strings.ContainsAny(strings.TrimSuffix(skipped, "\n"), "\n\x1b") {
			t.Fatalf("boundary %d is not the first in %q", at, data)
		}
	})
}
