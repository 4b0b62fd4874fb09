package vt

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// floodText is lines of which none, some or many have more than cols characters,
// and few something else than plain text.
func floodText(rnd *rand.Rand, lines, cols int) []byte {
	plain := []string{"a", "b", " ", "é", "─", "日", "한", "😀", "some words"}
	other := []string{"\u0301", "\t", "\a", "\u0085", "\x80", "\xe6\x97", "\u200d", "\x7f", "\x1b[1m*\x1b[m", "\n", "\r"}
	var b []byte
	for range lines {
		n := rnd.IntN(cols + 1)
		switch rnd.IntN(8) {
		case 0:
			n = cols * rnd.IntN(4)
		case 1:
			n = rnd.IntN(5 * cols)
		}
		chars := plain[:3+rnd.IntN(len(plain)-2)]
		for range n {
			b = append(b, chars[rnd.IntN(len(chars))]...)
		}
		if rnd.IntN(40) == 0 {
			b = append(b, other[rnd.IntN(len(other))]...)
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// A flood is told apart from other output only where it comes at once.
func TestFlood(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		size := fuzzSizes[rnd.IntN(len(fuzzSizes))]
		data := script(rnd, 8, size)
		if rnd.IntN(2) == 0 {
			data = append(data, "\x1bc"...)
		}
		data = append(data, "top\x1b[7mreverse\x1b[m日本\x1b]133;A\x1b\\\r\n"...)
		for range 3 {
			data = append(data, floodText(rnd, rnd.IntN(5*size.Rows+4), size.Cols)...)
			data = append(data, script(rnd, 2, size)...)
		}
		if !t.Run("", func(t *testing.T) { splitAnyhow(t, size, data) }) {
			t.Fatalf("seed %d, size %v: %q", seed, size, data)
		}
	}
}

// In a single column a wrap is pending at a line's start, where a flood begins.
func TestFloodBehindPendingWrap(t *testing.T) {
	for _, blank := range []string{"\x1b[2J", "\x1b[5S"} {
		splitAnyhow(t, Size{2, 1}, []byte("\r\na"+blank+"b\r\nc\r\nd\r\ne\r\nf\r\n"))
	}
}

func TestFloodPassesThrough(t *testing.T) {
	flood := []byte(strings.Repeat("a line\r\n", 20) + "a line that is too long\r\nrest")
	for _, c := range []struct {
		name, before string
		want         bool
	}{
		{"on a plain screen", "\r\n\r\n\r\n", true},
		{"not yet at the bottom", "\r\n", false},
		{"behind other text", "\r\n\r\n\r\nx", false},
		{"over other text", "\r\n\r\n\r\nx\r", false},
		{"in colour", "\r\n\r\n\r\n\x1b[31m", false},
		{"in line drawing", "\r\n\r\n\r\n\x1b(0", false},
		{"in insert mode", "\r\n\r\n\r\n\x1b[4h", false},
		{"without wrapping", "\r\n\r\n\r\n\x1b[?7l", false},
		{"between margins", "\x1b[2;4r\r\n\r\n\r\n", false},
		{"between margins at the sides", "\x1b[?69h\x1b[1;5s\r\n\r\n\r\n", false},
		{"on the alternate screen", "\x1b[?1049h\r\n\r\n\r\n", false},
		{"within a sequence", "\r\n\r\n\r\n\x1b[", false},
	} {
		term := New(Size{4, 10}, Config{})
		term.Write([]byte(c.before))
		if got := term.floodable(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if !c.want {
			continue
		}
		taken, seen := term.floodLines(flood)
		// The three rows above the cursor's are the long line, which takes three.
		if want := len(flood) - len("a line that is too long\r\nrest"); taken != want || seen != len(flood)-len("rest") {
			t.Errorf("%s: took %d of %d bytes, want %d", c.name, taken, seen, want)
		}
		if n := term.hist.lines; n != 23 {
			t.Errorf("%s: %d lines of history, want 23", c.name, n)
		}
	}
}
