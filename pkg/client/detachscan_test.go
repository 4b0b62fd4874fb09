package client

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func mustParse(t testing.TB, s string) DetachKey {
	t.Helper()
	d, err := ParseDetachKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// feed scans reads one by one and returns all that was passed on.
func feed(s *detachScanner, reads ...string) (out string, detached bool) {
	var dst []byte
	for _, r := range reads {
		dst, detached = s.scan(dst, []byte(r))
	}
	return string(dst), detached
}

func TestDetachKeyInEveryEncoding(t *testing.T) {
	for _, c := range []struct{ key, in string }{
		{DefaultDetachKey, "\x1c\x1c"},
		{DefaultDetachKey, "\x1b[92;5u\x1b[92;5u"},
		{DefaultDetachKey, "\x1b[92:124;5u\x1b[92:124:92;5u"},
		{DefaultDetachKey, "\x1b[92;5:1u\x1b[92;5:1u"},
		{DefaultDetachKey, "\x1b[92;5:1u\x1b[92;5:3u\x1b[92;5:1u"},                               // let go between
		{DefaultDetachKey, "\x1b[92;5:1u\x1b[92;5:3u\x1b[57442;1:3u\x1b[57442;5:1u\x1b[92;5:1u"}, // Ctrl too
		{DefaultDetachKey, "\x1b[92;69u\x1b[92;133u"},                                            // Caps Lock, Num Lock
		{DefaultDetachKey, "\x1b[92;5;u\x1b[92;5u"},
		{DefaultDetachKey, "\x1b[1234::92;5u\x1b[1234::92;5u"}, // where that key is on a US keyboard
		{DefaultDetachKey, "\x1b[27;5;92~\x1b[27;5;92~"},
		{DefaultDetachKey, "\x1c\x1b[92;5u"}, // a program changes the encoding between
		{DefaultDetachKey, "\x1c\x1b[<35;10;10M\x1b[I\x1b[1;1:3A\x1c"},
		{"ctrl-a d", "\x01d"},
		{"ctrl-a d", "\x1b[97;5ud"},
		{"ctrl-a d", "\x1b[27;5;65~\x1b[100u"}, // Caps Lock, as xterm has it
		{"ctrl-a d", "\x1b[97;5u\x1b[100;;100u"},
		{"ctrl-a D", "\x1b[97;5u\x1b[100:68;2u"},
		{"ctrl-a D", "\x01\x1b[100;2u"},
		{"ctrl-a D", "\x01\x1b[27;2;68~"},
		{"ctrl-a ?", "\x01\x1b[47:63;2;63u"},
		{"ctrl-a ?", "\x01\x1b[47;2u"},
		{"ctrl-a ?", "\x01\x1b[223:63;2u"}, // a German keyboard
		{"ctrl-a @", "\x01\x1b[113;;64u"},  // with AltGr
		{"ctrl-^", "\x1e"},
		{"ctrl-^", "\x1b[54;6u"},
		{"ctrl-^", "\x1b[54:94;6u"},
		{"ctrl-^", "\x1b[27;6;94~"},
		{"ctrl-/", "\x1f"},
		{"ctrl-/", "\x1b[47;5u"},
		{"ctrl-@", "\x00"},
		{"ctrl-space", "\x1b[32;5u"},
		{"ctrl-]", "\x1d"},
		{"ctrl-a ctrl-a d", "\x01\x01d"},
		{"esc d", "\x1bd"},
		{"esc d", "\x1b[27ud"},
		{"esc esc q", "\x1b\x1bq"},
	} {
		key := mustParse(t, c.key)
		if out, detached := feed(newDetachScanner(key), c.in+"x"); out != "" || !detached {
			t.Errorf("%s in %q at once: passed on %q, detached %v", c.key, c.in, out, detached)
		}
		if out, detached := feed(newDetachScanner(key), strings.Split(c.in+"x", "")...); out != "" || !detached {
			t.Errorf("%s in %q byte by byte: passed on %q, detached %v", c.key, c.in, out, detached)
		}
	}
}

func TestNotTheDetachKey(t *testing.T) {
	for _, c := range []struct{ key, in string }{
		{DefaultDetachKey, "\x1ca\x1cb"},
		{DefaultDetachKey, "\x1c\x1b\x1cx"},
		{DefaultDetachKey, "\x1c\x1b[A\x1cx"},
		{DefaultDetachKey, "\x1b[92;5:1u\x1b[92;5:3ux"},
		{DefaultDetachKey, "\x1b[92u\x1b[92u"},      // no Ctrl
		{DefaultDetachKey, "\x1b[92;7u\x1b[92;7u"},  // Alt as well
		{DefaultDetachKey, "\x1b[92;6u\x1b[93;5ux"}, // Shift; another key
		{DefaultDetachKey, "\x1b[27;5;93~\x1b[27u"},
		{DefaultDetachKey, "\x1b[200~\x1c\x1c\x1b[92;5u\x1b[92;5u\x1b[201~"},
		{DefaultDetachKey, "\x1c\x1b[200~\x1c\x1b[201~x"},
		{DefaultDetachKey, "\x1b[200~\x1b[201\x1b[20\x1c\x1c\x1b[201~x"},
		{DefaultDetachKey, "\x1b[92\x1c;5ux"},
		{"ctrl-a d", "\x01\x01e\x01D"},
		{"ctrl-a d", "\x01\x1b[100;2u"},
		{"ctrl-a", "\x1b[97;6u"}, // Ctrl-Shift-A
		{"ctrl-a D", "\x01\x1b[100u"},
		{"esc d", "\x1b[A\x1b[1;5Cd"},
		{"none", "\x1c\x1c\x1b[92;5u\x1b[92;5u"},
	} {
		key := mustParse(t, c.key)
		for _, reads := range [][]string{{c.in}, strings.Split(c.in, "")} {
			s := newDetachScanner(key)
			out, detached := feed(s, reads...)
			rest, _ := s.flush(nil)
			if out+string(rest) != c.in || detached {
				t.Errorf("%s in %q as %d reads: passed on %q and %q, detached %v", c.key, c.in, len(reads), out, rest, detached)
			}
		}
	}
}

func TestDetachAfterOtherInput(t *testing.T) {
	for _, c := range []struct{ key, in, out string }{
		{DefaultDetachKey, "ls\r\x1c\x1c", "ls\r"},
		{DefaultDetachKey, "\x1b[200~\x1c\x1c\x1b[201~\x1c\x1c", "\x1b[200~\x1c\x1c\x1b[201~"},
		{DefaultDetachKey, "\x1ca\x1c\x1c", "\x1ca"},
		{DefaultDetachKey, "\x1b\x1c\x1c", "\x1b"},
		{DefaultDetachKey, "\x1b[1;2\x1c\x1c", "\x1b[1;2"},
		{DefaultDetachKey, "\x1b[57442;5:1u\x1b[92;5:1u\x1b[92;5:1u", "\x1b[57442;5:1u"},
		{"ctrl-a ctrl-a d", "\x01\x01\x01d", "\x01"},
		{"ctrl-a ctrl-a d", "\x01\x1b[97;5:3u\x01\x01d", "\x01"},
		{"ctrl-a ctrl-b c", "\x01\x02\x01\x02c", "\x01\x02"},
		{"esc esc q", "\x1b\x1b\x1bq", "\x1b"},
	} {
		for _, reads := range [][]string{{c.in}, strings.Split(c.in, "")} {
			out, detached := feed(newDetachScanner(mustParse(t, c.key)), reads...)
			if out != c.out || !detached {
				t.Errorf("%s in %q: passed on %q, detached %v; want %q", c.key, c.in, out, detached, c.out)
			}
		}
	}
}

func TestNothingAfterDetach(t *testing.T) {
	s := newDetachScanner(mustParse(t, DefaultDetachKey))
	if out, detached := feed(s, "a\x1c\x1cb", "c\x1b"); out != "a" || !detached {
		t.Errorf("passed on %q, detached %v", out, detached)
	}
	if out, detached := s.flush(nil); len(out) != 0 || !detached || s.holds() != holdNone {
		t.Errorf("flush = %q, %v with %v held", out, detached, s.holds())
	}
}

func TestHoldsOnlyWhatCanBecomeTheKey(t *testing.T) {
	for _, c := range []struct {
		in   string
		out  string
		want holding
	}{
		{"abc\r\x03", "abc\r\x03", holdNone},
		{"\x1c", "", holdKey},
		{"a\x1c", "a", holdKey},
		{"\x1cb", "\x1cb", holdNone},
		{"\x1b", "", holdEscape},
		{"\x1b[", "", holdEscape},
		{"\x1b[9", "", holdKey},
		{"\x1b[92;5", "", holdKey},
		{"\x1b[1;", "\x1b[1;", holdNone},
		{"\x1b[1;5", "\x1b[1;5", holdNone},
		{"\x1b[<", "\x1b[<", holdNone},
		{"\x1b[?1;", "\x1b[?1;", holdNone},
		{"\x1b[A", "\x1b[A", holdNone},
		{"\x1bO", "\x1bO", holdNone},
		{"\x1bx", "\x1bx", holdNone},
		{"\x1b\x1b", "\x1b", holdEscape},
		{"\x1c\x1b", "", holdEscape},
		{"\x1c\x1b[1;5", "", holdKey},
		{"\x1b[200~\x1c", "\x1b[200~\x1c", holdNone},
		{"\x1b[200~\x1b[20", "\x1b[200~\x1b[20", holdNone},
	} {
		s := newDetachScanner(mustParse(t, DefaultDetachKey))
		out, _ := feed(s, c.in)
		if out != c.out || s.holds() != c.want {
			t.Errorf("%q: passed on %q, holds %v; want %q, %v", c.in, out, s.holds(), c.out, c.want)
		}
	}
}

func TestHoldingIsBounded(t *testing.T) {
	s := newDetachScanner(mustParse(t, DefaultDetachKey))
	in := "\x1c" + strings.Repeat("\x1b[<35;10;10M", 1000) + "\x1b[" + strings.Repeat("1", 10000)
	out, detached := feed(s, in)
	if detached || cap(s.held) > 2*maxHeld || cap(s.params) > 2*maxParams {
		t.Errorf("detached %v, %d and %d bytes held", detached, cap(s.held), cap(s.params))
	}
	rest, _ := s.flush(nil)
	if out+string(rest) != in {
		t.Error("what was passed on differs from the input")
	}
}

func TestFlush(t *testing.T) {
	type read struct {
		in    string
		flush bool // before the next read
	}
	for _, c := range []struct {
		what, key string
		reads     []read
		out       string
		detached  bool
	}{
		{"a single press", DefaultDetachKey, []read{{"\x1c", true}, {"\x1c", true}}, "\x1c\x1c", false},
		{"two after a single one", DefaultDetachKey, []read{{"\x1c", true}, {"\x1c\x1c", false}}, "\x1c", true},
		{"Esc, then the key", DefaultDetachKey, []read{{"\x1b", true}, {"\x1c\x1c", false}}, "\x1b", true},
		{"a late half is not the key", DefaultDetachKey, []read{{"\x1c\x1b[92", true}, {";5u", true}}, "\x1c\x1b[92;5u", false},
		{"nor half of the first", DefaultDetachKey, []read{{"\x1b[92", true}, {";5u\x1c", true}}, "\x1b[92;5u\x1c", false},
		{"a paste whose ESC came early", DefaultDetachKey, []read{{"\x1b", true}, {"[200~\x1c\x1c\x1b[201~", true}}, "\x1b[200~\x1c\x1c\x1b[201~", false},
		{"a paste whose head came early", DefaultDetachKey, []read{{"\x1b[2", true}, {"00~\x1c\x1c\x1b[201~", true}}, "\x1b[200~\x1c\x1c\x1b[201~", false},
		{"Esc begins the key", "esc d", []read{{"\x1b", true}, {"d", false}}, "", true},
		{"Esc alone is passed on in the end", "esc d", []read{{"\x1b", true}, {"", true}}, "\x1b", false},
		{"Esc ends the key", "ctrl-a esc", []read{{"\x01\x1b", true}}, "", true},
		{"an arrow does not", "ctrl-a esc", []read{{"\x01\x1b[A", true}}, "\x01\x1b[A", false},
		{"Esc three times", "esc esc d", []read{{"\x1b", true}, {"\x1b", true}, {"\x1b", true}, {"d", false}}, "\x1b", true},
	} {
		s := newDetachScanner(mustParse(t, c.key))
		var out []byte
		var detached bool
		for _, r := range c.reads {
			out, detached = s.scan(out, []byte(r.in))
			if r.flush {
				out, detached = s.flush(out)
			}
		}
		if string(out) != c.out || detached != c.detached {
			t.Errorf("%s: passed on %q, detached %v; want %q, %v", c.what, out, detached, c.out, c.detached)
		}
	}
}

func FuzzDetachScanner(f *testing.F) {
	keys := []string{DefaultDetachKey, "ctrl-a d", "ctrl-a ctrl-a d", "ctrl-a ctrl-b c", "ctrl-a esc", "esc esc d", "esc d", "ctrl-]", "ctrl-^ ? D", "none"}
	f.Add(byte(0), "\x1c\x1b[92;5u\x1b[200~\x1c\x1b[201~", []byte{1, 0, 3})
	f.Add(byte(5), "\x1b\x1b\x1b[97;5:3u\x1bd", []byte{0x81, 2})
	f.Add(byte(2), "\x01\x1b[1;2A\x01\x1b[<35;1;1M\x01", []byte{4})
	f.Fuzz(func(t *testing.T, which byte, in string, splits []byte) {
		key := mustParse(t, keys[int(which)%len(keys)])

		// Any split without a flush gives what one read gives.
		whole := newDetachScanner(key)
		want, wantDetached := feed(whole, in)
		s := newDetachScanner(key)
		got, gotDetached := feed(s, slices.Collect(cut(in, splits))...)
		if got != want || gotDetached != wantDetached && in != "" {
			t.Fatalf("%s in %q: %q, %v in one read but %q, %v in several", key, in, want, wantDetached, got, gotDetached)
		}
		check(t, whole, in, []byte(want), wantDetached)

		// Timers that fire anywhere lose, double and reorder nothing.
		s = newDetachScanner(key)
		var out []byte
		var detached bool
		i := 0
		for r := range cut(in, splits) {
			if out, detached = s.scan(out, []byte(r)); len(splits) > 0 && splits[i%len(splits)]&0x80 != 0 {
				out, detached = s.flush(out)
			}
			i++
		}
		check(t, s, in, out, detached)
	})
}

// check flushes s and compares all that was passed on with the input.
func check(t *testing.T, s *detachScanner, in string, out []byte, detached bool) {
	t.Helper()
	for i := 0; !detached && s.holds() != holdNone; i++ {
		if i > maxDetachKeys+1 {
			t.Fatalf("%q: still held after %d flushes", in, i)
		}
		out, detached = s.flush(out)
	}
	if detached && !bytes.HasPrefix([]byte(in), out) || !detached && string(out) != in {
		t.Fatalf("%q: passed on %q, detached %v", in, out, detached)
	}
}

// cut yields in, cut where splits say: their low bits are lengths.
func cut(in string, splits []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; len(in) > 0; i++ {
			n := len(in)
			if len(splits) > 0 {
				n = min(n, 1+int(splits[i%len(splits)]&0x7f))
			}
			if !yield(in[:n]) {
				return
			}
			in = in[n:]
		}
	}
}

func BenchmarkDetachScanner(b *testing.B) {
	in := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog\r", 100))
	s := newDetachScanner(mustParse(b, DefaultDetachKey))
	b.SetBytes(int64(len(in)))
	var out []byte
	for b.Loop() {
		out, _ = s.scan(out[:0], in)
	}
}
