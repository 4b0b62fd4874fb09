package mask

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// output is what an Output of a terminal of some columns makes of pieces.
func output(t *testing.T, m *Mask, columns int, pieces ...string) (all string, given []string) {
	t.Helper()
	o := NewOutput(m, columns, func(about int, data []byte) error {
		if about != len(given) || len(data) != len(pieces[about]) {
			t.Errorf("piece %d, %q, is given on as number %d, %q", about, pieces[about], len(given), data)
		}
		given = append(given, string(data))
		return nil
	})
	for i, p := range pieces {
		if err := o.Add(i, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(given, ""), given
}

// TestOutput has a secret printed in all the ways in which programs and shells print
// text, and hidden in each, however the output is cut.
func TestOutput(t *testing.T) {
	m := newMask(t, `sec\w+ret`, `key=(\S+)`)
	for name, c := range map[string][2]string{
		"plain":            {"a secABCret.\r\nsecAret", "a *********.\r\n*******"},
		"groups":           {"the key=a1 and", "the key=** and"},
		"colours":          {"a se\x1b[1;31mcAB\x1b[mCret.", "a **\x1b[1;31m***\x1b[m****."},
		"modes and marks":  {"se\x1b[?25lcA\x1b]133;A\aret", "**\x1b[?25l**\x1b]133;A\a***"},
		"wrapped":          {"1234567 secABCret.", "1234567 *********."},
		"readline's wrap":  {"1234567 se \rcABCret.", "1234567 ** \r*******."},
		"deleted":          {"secAret\b\b\b\b\b\b\b\x1b[Kok\r\n", "*******\b\b\b\b\b\b\b\x1b[Kok\r\n"},
		"printed over":     {"secAret\rnothing\r\n", "*******\rnothing\r\n"},
		"printed again":    {"se\b\b\x1b[32mse\x1b[mcAret", "**\b\b\x1b[32m**\x1b[m*****"},
		"corrected":        {"sex\bcAret", "**x\b*****"},
		"inserted":         {"setAret\x1b[5D\x1b[@c\x1b[4D.", "*******\x1b[5D\x1b[@*\x1b[4D."},
		"in its place":     {"\x1b[3;1Hse\x1b[3;3HcA\x1b[3;5Hret", "\x1b[3;1H**\x1b[3;3H**\x1b[3;5H***"},
		"elsewhere":        {"\x1b[3;1Hse\x1b[4;3HcA\x1b[3;5Hret", "\x1b[3;1Hse\x1b[4;3HcA\x1b[3;5Hret"},
		"another line":     {"sec\r\nAret", "sec\r\nAret"},
		"by column":        {"secXret\x1b[4GA\r\n", "*******\x1b[4G*\r\n"},
		"a title":          {"\x1b]2;run secAret\ax", "\x1b]2;run *******\ax"},
		"a title, ST":      {"\x1b]0;key=1\x1b\\x", "\x1b]0;key=*\x1b\\x"},
		"a command's mark": {"\x1b]633;E;curl key=1\ax", "\x1b]633;E;curl key=*\ax"},
		"more bytes":       {"key=ä€!\r\nö", "key=*\x00*\x00\x00*\r\nö"},
		"no characters":    {"\xffkey=\xff\xc3.", "\xffkey=*\xc3*"},
		"a key":            {"-----BEGIN PRIVATE KEY-----\r\nAb+/\r\n-----END PRIVATE KEY-----\r\nAb", "-----BEGIN PRIVATE KEY-----\r\n****\r\n-----END PRIVATE KEY-----\r\nAb"},
		"progress":         {"\r10%\r20%\r 9% key=1\r30%\r\n", "\r10%\r20%\r 9% key=*\r30%\r\n"},
		"fish's margin":    {"1234567 se\r\r\n\x1b[A\x1b[8C\x1b[31mse\x1b[A\r\r\ncAret", "1234567 **\r\r\n\x1b[A\x1b[8C\x1b[31m**\x1b[A\r\r\n*****"},
		"full rows":        {strings.Repeat("1234567890\r\n", 20) + "secAret", strings.Repeat("1234567890\r\n", 20) + "*******"},
		"fish's wrap":      {"1234567 se \x1b[A\r\r\ncA \x1b[A\r\r\n\x1b[2Cret", "1234567 ** \x1b[A\r\r\n** \x1b[A\r\r\n\x1b[2C***"},
		"two rows up":      {"1234567890secAret\x1b[A\r.", "1234567890*******\x1b[A\r."},
	} {
		for _, size := range []int{1, 2, 3, 7, 1000} {
			var pieces []string
			for p := range slices.Chunk([]byte(c[0]), size) {
				pieces = append(pieces, string(p))
			}
			if got, _ := output(t, m, 10, pieces...); got != c[1] {
				t.Errorf("%s in pieces of %d: %q is given on as %q, want %q", name, size, c[0], got, c[1])
			}
		}
	}
	if got, _ := output(t, nil, 10, "secAret"); got != "secAret" {
		t.Errorf("without patterns: %q", got)
	}
}

// TestOutputGivesOn: pieces are given on as soon as their line is whole, and not before.
func TestOutputGivesOn(t *testing.T) {
	var given []string
	o := NewOutput(newMask(t, `sec\w+ret`), 80, func(about string, data []byte) error {
		given = append(given, about+":"+string(data))
		return nil
	})
	for _, p := range []string{"one\r\n", "sec", "", "Are", "t\r\nnext", "\r\n"} {
		if err := o.Add(fmt.Sprint(len(p)), []byte(p)); err != nil {
			t.Fatal(err)
		}
		if p == "Are" && !slices.Equal(given, []string{"5:one\r\n"}) {
			t.Errorf("given on too early: %q", given)
		}
	}
	want := []string{"5:one\r\n", "3:***", "0:", "3:***", "7:*\r\nnext", "2:\r\n"}
	if !slices.Equal(given, want) {
		t.Errorf("given on: %q, want %q", given, want)
	}
}

// TestOutputIsBounded: neither a line nor a title without an end is held for ever.
func TestOutputIsBounded(t *testing.T) {
	for _, begin := range []string{"", "\x1b]2;"} {
		got := 0
		o := NewOutput(newMask(t, "zzz"), 80, func(_ int, data []byte) error {
			got += len(data)
			return nil
		})
		piece := []byte(strings.Repeat("x", 10_000))
		sent := len(begin)
		o.Add(0, []byte(begin))
		for range 200 {
			o.Add(0, piece)
			sent += len(piece)
			if sent-got > maxHeld+len(piece) || len(o.row.letters) > maxLine+1 || len(o.text.letters) > maxText {
				t.Fatalf("%d bytes are held, for %d and %d characters", sent-got, len(o.row.letters), len(o.text.letters))
			}
		}
		for range 2 * maxHeldPieces {
			o.Add(0, []byte("y"))
			if len(o.held) > maxHeldPieces+1 {
				t.Fatalf("%d pieces are held", len(o.held))
			}
		}
	}
}

// FuzzOutput: whatever is printed, however it is cut, comes out with as many bytes, and
// what has no secret as it was.
func FuzzOutput(f *testing.F) {
	f.Add([]byte("a\x1b[1mkey=1\b\b\x1b[K\r\n\x1b[A\x1b[3;4H\xc3"), uint8(3), uint8(10))
	f.Add([]byte("\x1b]0;key=ä\x07\x1b[5@\x1b[9P\tx\x1b[2B"), uint8(1), uint8(1))
	secret, none := newMask(f, `key=(\S+)`), newMask(f, `\x{10ffff}\x{10fffe}`)
	f.Fuzz(func(t *testing.T, data []byte, size, columns uint8) {
		for _, m := range []*Mask{secret, none} {
			var out bytes.Buffer
			o := NewOutput(m, int(columns), func(_ int, data []byte) error {
				out.Write(data)
				return nil
			})
			for p := range slices.Chunk(data, max(1, int(size))) {
				o.Add(0, p)
			}
			o.Flush()
			if out.Len() != len(data) || m == none && !bytes.Equal(out.Bytes(), data) {
				t.Fatalf("%q comes out as %q", data, out.Bytes())
			}
		}
	})
}
