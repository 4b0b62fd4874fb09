package termin

import (
	"fmt"
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

// receiver gets the pieces of a Detach, and does with the detach key's first
// keys as they are meant: it drops them, and what came between, when the key is
// complete.
type receiver struct {
	*Detach
	got    []byte
	firsts []int // where those presses begin in got
}

func receive(k DetachKey) *receiver { return &receiver{Detach: NewDetach(k)} }

func (r *receiver) take(pieces []Piece, detached bool) {
	before := len(r.firsts)
	for _, p := range pieces {
		if p.First {
			r.firsts = append(r.firsts, len(r.got))
		}
		r.got = append(r.got, p.Bytes...)
	}
	if n := r.Pressed() - 1; detached && n > 0 && len(r.firsts) >= n && (before > 0 || len(pieces) > 0) {
		r.got = r.got[:r.firsts[len(r.firsts)-n]]
		r.firsts = nil
	}
}

func (r *receiver) scan(in string) (detached bool) {
	pieces, detached := r.Scan([]byte(in))
	r.take(pieces, detached)
	return detached
}

func (r *receiver) flush() (detached bool) {
	pieces, detached := r.Flush()
	r.take(pieces, detached)
	return detached
}

// feed scans reads one by one and returns all that was passed on but the detach
// key.
func feed(r *receiver, reads ...string) (out string, detached bool) {
	for _, read := range reads {
		detached = r.scan(read)
	}
	return string(r.got), detached
}

// kept is how many bytes are kept back.
func (r *receiver) kept() int { return len(r.tokens.Pending()) - r.passed }

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
		{"f12", "\x1b[24~"},
		{"f12", "\x1b[24;129~"}, // Num Lock
		{"f12 f12", "\x1b[24;1:1~\x1b[24;1:3~\x1b[24;1:2~"},
		{"f1", "\x1bOP"},
		{"f1", "\x1b[P"},
		{"f1", "\x1b[[A"},
		{"f1", "\x1b[11~"},
		{"shift-f3", "\x1b[1;2R"},
		{"shift-f3", "\x1b[13;2~"},
		{"ctrl-f5", "\x1b[15;69~"},
		{"ctrl-up q", "\x1b[1;5Aq"},
		{"ctrl-up q", "\x1bOaq"},
		{"home end", "\x1b[H\x1bOF"},
		{"home end", "\x1b[1~\x1b[8~"},
		{"alt-x", "\x1bx"},
		{"alt-x", "\x1b[120;3u"},
		{"alt-x", "\x1b[27;3;120~"},
		{"alt-x", "\x1b[1095::120;3u"},
		{"alt-X", "\x1bX"},
		{"alt-X", "\x1b[120:88;4u"},
		{"alt-X", "\x1b[27;4;88~"},
		{"alt-x x", "\x1bxx"},
		{"ctrl-alt-a", "\x1b\x01"},
		{"ctrl-alt-a", "\x1b[97;7u"},
		{"ctrl-space", "\x00"},
		{"ctrl-space", "\x1b[27;5;32~"},
		{"ctrl-a enter", "\x01\r"},
		{"ctrl-a enter", "\x01\x1b[13u"},
		{"ctrl-a shift-tab", "\x01\x1b[Z"},
		{"ctrl-a shift-tab", "\x01\x1b[9;2u"},
		{"ctrl-a backspace", "\x01\x7f"},
	} {
		key := mustParse(t, c.key)
		if out, detached := feed(receive(key), c.in+"x"); out != "" || !detached {
			t.Errorf("%s in %q at once: passed on %q, detached %v", c.key, c.in, out, detached)
		}
		// One byte at a time. An ESC has then gone, unless Esc is in the key or
		// the keys are known to come in kitty's encoding.
		slow := receive(key)
		slow.kitty = true
		if out, detached := feed(slow, strings.Split(c.in+"x", "")...); strings.Trim(out, "\x1b") != "" || !detached {
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
		{"f12", "\x1b[24;2~\x1b[23~\x1bOR"},
		{"alt-x", "\x1bX\x1b\x18x\x1b[120;7ux"},
		{"f1", "P\x1bOQ\x1b[1;5P"},
		{"shift-up", "\x1b[A\x1b[1;3A"},
		{"none", "\x1c\x1c\x1b[92;5u\x1b[92;5u"},
	} {
		key := mustParse(t, c.key)
		for _, reads := range [][]string{{c.in}, strings.Split(c.in, "")} {
			r := receive(key)
			_, detached := feed(r, reads...)
			r.flush()
			if string(r.got) != c.in || detached {
				t.Errorf("%s in %q as %d reads: passed on %q, detached %v", c.key, c.in, len(reads), r.got, detached)
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
		{"ctrl-a ctrl-a d", "\x01\x1b[97;5:3u\x01\x01d", "\x01\x1b[97;5:3u"},
		{"ctrl-a ctrl-b c", "\x01\x02\x01\x02c", "\x01\x02"},
		{"esc esc q", "\x1b\x1b\x1bq", "\x1b"},
	} {
		for _, reads := range [][]string{{c.in}, strings.Split(c.in, "")} {
			out, detached := feed(receive(mustParse(t, c.key)), reads...)
			if out != c.out || !detached {
				t.Errorf("%s in %q: passed on %q, detached %v; want %q", c.key, c.in, out, detached, c.out)
			}
		}
	}
}

func TestNothingAfterDetach(t *testing.T) {
	r := receive(mustParse(t, DefaultDetachKey))
	if out, detached := feed(r, "a\x1c\x1cb", "c\x1b"); out != "a" || !detached {
		t.Errorf("passed on %q, detached %v", out, detached)
	}
	if pieces, detached := r.Flush(); len(pieces) != 0 || !detached || r.Held() != HoldNone {
		t.Errorf("flush = %v, %v with %v held", pieces, detached, r.Held())
	}
}

// piecesString writes pieces, a press of a first key in brackets.
func piecesString(pieces []Piece) string {
	var out strings.Builder
	for _, p := range pieces {
		if p.First {
			fmt.Fprintf(&out, "[%q]", p.Bytes)
		} else {
			fmt.Fprintf(&out, "%q", p.Bytes)
		}
	}
	return out.String()
}

func TestFirstPressesAreFlagged(t *testing.T) {
	for _, c := range []struct{ key, in, want string }{
		{DefaultDetachKey, "a\x1cb", `"a"["\x1c"]"b"`},
		{DefaultDetachKey, "\x1b[92;5u", `["\x1b[92;5u"]`},
		{DefaultDetachKey, "\x1b[92;5:1u\x1b[92;5:3u", `["\x1b[92;5:1u"]"\x1b[92;5:3u"`},
		{DefaultDetachKey, "\x1c\x1b[<35;1;1Mx\x1c", `["\x1c"]"\x1b[<35;1;1Mx"["\x1c"]`},
		{DefaultDetachKey, "x\x1c\x1cy", `"x"["\x1c"]`},
		{DefaultDetachKey, "\x1b\x1cx", `"\x1b"["\x1c"]"x"`},
		{"ctrl-a b c", "\x01bd", `["\x01"]["b"]"d"`},
		{"ctrl-a ctrl-a d", "\x01\x01\x01e", `["\x01"]["\x01"]["\x01"]"e"`},
		{"f12 f12", "\x1b[24~\x1b[24;2~", `["\x1b[24~"]"\x1b[24;2~"`},
		{"alt-x x", "\x1bx\x1by", `["\x1bx"]"\x1by"`},
		{"ctrl-]", "\x1c", `"\x1c"`},
		{"none", "\x1c\x1c", `"\x1c\x1c"`},
	} {
		pieces, _ := NewDetach(mustParse(t, c.key)).Scan([]byte(c.in))
		if got := piecesString(pieces); got != c.want {
			t.Errorf("%s in %q: %s, want %s", c.key, c.in, got, c.want)
		}
	}
}

// Nothing is kept back but what can still become the key.
func TestHoldsOnlyWhatCanBecomeTheKey(t *testing.T) {
	for _, c := range []struct {
		key   string
		kitty bool
		in    string
		out   string
		want  Hold
	}{
		{DefaultDetachKey, false, "abc\r\x03", "abc\r\x03", HoldNone},
		{DefaultDetachKey, false, "\x1c", "\x1c", HoldNone},
		{DefaultDetachKey, false, "a\x1c", "a\x1c", HoldNone},
		{DefaultDetachKey, false, "\x1cb", "\x1cb", HoldNone},
		{DefaultDetachKey, false, "\x1b", "\x1b", HoldEscape},
		{DefaultDetachKey, true, "\x1b", "", HoldEscape},
		{DefaultDetachKey, true, "\x03\x1b", "\x03\x1b", HoldEscape}, // not in kitty's encoding any more
		{DefaultDetachKey, false, "\x1b[92;5u\x1b", "\x1b[92;5u", HoldEscape},
		{DefaultDetachKey, true, "\x1b[", "", HoldKey},
		{DefaultDetachKey, false, "\x1b[9", "", HoldKey},
		{DefaultDetachKey, false, "\x1b[92;5", "", HoldKey},
		{DefaultDetachKey, false, "\x1b[1;", "\x1b[1;", HoldKey},
		{DefaultDetachKey, false, "\x1b[1;5", "\x1b[1;5", HoldKey},
		{DefaultDetachKey, false, "\x1b[<", "\x1b[<", HoldAnswer},
		{DefaultDetachKey, false, "\x1b[?1;", "\x1b[?1;", HoldAnswer},
		{DefaultDetachKey, false, "\x1b[A", "\x1b[A", HoldNone},
		{DefaultDetachKey, false, "\x1bO", "\x1bO", HoldKey},
		{DefaultDetachKey, false, "\x1bx", "\x1bx", HoldNone},
		{DefaultDetachKey, false, "\x1b\x1b", "\x1b\x1b", HoldEscape},
		{DefaultDetachKey, false, "\x1c\x1b", "\x1c\x1b", HoldEscape},
		{DefaultDetachKey, false, "\x1c\x1b[1;5", "\x1c\x1b[1;5", HoldKey},
		{DefaultDetachKey, false, "\x1b]11;rgb:", "\x1b]11;rgb:", HoldAnswer},
		{DefaultDetachKey, false, "\x1b[200~\x1c", "\x1b[200~\x1c", HoldNone},
		{DefaultDetachKey, false, "\x1b[200~\x1b[20", "\x1b[200~\x1b[20", HoldNone},
		{"esc d", false, "\x1b", "", HoldEscape},
		{"ctrl-a esc", false, "\x1b", "\x1b", HoldEscape},
		{"ctrl-a esc", false, "\x01\x1b", "\x01", HoldEscape},
		{"f1 f1", false, "\x1bO", "", HoldKey},
		{"f12", false, "\x1b[24;", "", HoldKey},
		{"alt-O", false, "\x1bO", "", HoldKey},
	} {
		r := receive(mustParse(t, c.key))
		r.kitty = c.kitty
		r.scan(c.in)
		if string(r.got) != c.out || r.Held() != c.want || r.kept() != len(c.in)-len(c.out) {
			t.Errorf("%s in %q: passed on %q, held %v; want %q, %v", c.key, c.in, r.got, r.Held(), c.out, c.want)
		}
	}
}

func TestHoldingIsBounded(t *testing.T) {
	r := receive(mustParse(t, DefaultDetachKey))
	in := "\x1c" + strings.Repeat("\x1b[<35;10;10M", 1000) + "\x1b[" + strings.Repeat("1", 10000)
	for chunk := range cut(in, []byte{99}) {
		if r.scan(chunk) || cap(r.tokens.buf) > 8*maxCSI || r.kept() > maxCSI {
			t.Fatalf("detached %v, %d bytes held", r.detached, cap(r.tokens.buf))
		}
	}
	r.flush()
	if string(r.got) != in {
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
		{"two presses with time between", DefaultDetachKey, []read{{"\x1c", true}, {"\x1c", true}}, "", true},
		{"Esc, then the key", DefaultDetachKey, []read{{"\x1b", true}, {"\x1c\x1c", false}}, "\x1b", true},
		{"a late half is not the key", DefaultDetachKey, []read{{"\x1c\x1b[92", true}, {";5u", true}}, "\x1c\x1b[92;5u", false},
		{"nor half of the first", DefaultDetachKey, []read{{"\x1b[92", true}, {";5u\x1c", true}}, "\x1b[92;5u\x1c", false},
		{"an ESC that went before its key", DefaultDetachKey, []read{{"\x1c\x1b", false}, {"[92;5u", false}}, "", true},
		{"a paste whose ESC came early", DefaultDetachKey, []read{{"\x1b", true}, {"[200~\x1c\x1c\x1b[201~", true}}, "\x1b[200~\x1c\x1c\x1b[201~", false},
		{"a paste whose head came early", DefaultDetachKey, []read{{"\x1b[2", true}, {"00~\x1c\x1c\x1b[201~", true}}, "\x1b[200~\x1c\x1c\x1b[201~", false},
		{"a paste whose end was torn apart", DefaultDetachKey, []read{{"\x1b[200~\x1b[2", true}, {"01~\x1c\x1c", true}}, "\x1b[200~\x1b[201~", true},
		{"Esc begins the key", "esc d", []read{{"\x1b", true}, {"d", false}}, "", true},
		{"Esc alone is passed on in the end", "esc d", []read{{"\x1b", true}, {"", true}}, "\x1b", false},
		{"Esc ends the key", "ctrl-a esc", []read{{"\x01\x1b", true}}, "", true},
		{"an arrow does not", "ctrl-a esc", []read{{"\x01\x1b[A", true}}, "\x01\x1b[A", false},
		{"Esc three times", "esc esc d", []read{{"\x1b", true}, {"\x1b", true}, {"\x1b", true}, {"d", false}}, "\x1b", true},
		{"Alt-O", "alt-O", []read{{"\x1bO", true}}, "", true},
	} {
		r := receive(mustParse(t, c.key))
		var detached bool
		for _, read := range c.reads {
			detached = r.scan(read.in)
			if read.flush {
				detached = r.flush()
			}
		}
		if string(r.got) != c.out || detached != c.detached {
			t.Errorf("%s: passed on %q, detached %v; want %q, %v", c.what, r.got, detached, c.out, c.detached)
		}
	}
}

func FuzzDetach(f *testing.F) {
	keys := []string{DefaultDetachKey, "ctrl-a d", "ctrl-a ctrl-a d", "ctrl-a ctrl-b c", "ctrl-a esc", "esc esc d", "esc d", "ctrl-]", "ctrl-^ ? D", "none",
		"f12", "alt-x alt-x", "alt-[ alt-O", "f1 f1", "shift-up tab enter"}
	f.Add(byte(0), "\x1c\x1b[92;5u\x1b[200~\x1c\x1b[201~", []byte{1, 0, 3})
	f.Add(byte(5), "\x1b\x1b\x1b[97;5:3u\x1bd", []byte{0x81, 2})
	f.Add(byte(2), "\x01\x1b[1;2A\x01\x1b[<35;1;1M\x01", []byte{4})
	f.Add(byte(4), "\x01\x1b\x00", []byte{9})
	f.Add(byte(12), "\x1b[x\x1bO\x1b]11;rgb:\x1b\\\x1bOP\x1b[[A", []byte{0, 0x82})
	f.Fuzz(func(t *testing.T, which byte, in string, splits []byte) {
		key := mustParse(t, keys[int(which)%len(keys)])

		// Any split without a flush finds what one read finds. Of the detach key
		// itself an ESC may have gone before the rest came.
		whole := receive(key)
		want, wantDetached := feed(whole, in)
		r := receive(key)
		got, gotDetached := feed(r, slices.Collect(cut(in, splits))...)
		if in != "" && (gotDetached != wantDetached || wantDetached && strings.TrimRight(got, "\x1b") != strings.TrimRight(want, "\x1b")) {
			t.Fatalf("%s in %q: %q, %v in one read but %q, %v in several", key, in, want, wantDetached, got, gotDetached)
		}
		check(t, whole, in, wantDetached)
		if !gotDetached {
			check(t, r, in, false)
		}

		// Timers that fire anywhere lose, double and reorder nothing.
		r = receive(key)
		var detached bool
		i := 0
		for read := range cut(in, splits) {
			if detached = r.scan(read); len(splits) > 0 && splits[i%len(splits)]&0x80 != 0 {
				detached = r.flush()
			}
			i++
		}
		check(t, r, in, detached)
	})
}

// check flushes r and compares all that was passed on with the input.
func check(t *testing.T, r *receiver, in string, detached bool) {
	t.Helper()
	if !detached {
		detached = r.flush()
	}
	if r.Held() != HoldNone {
		t.Fatalf("%q: still held after a flush", in)
	}
	if detached && !strings.HasPrefix(in, string(r.got)) || !detached && string(r.got) != in {
		t.Fatalf("%q: passed on %q, detached %v", in, r.got, detached)
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

func BenchmarkDetach(b *testing.B) {
	in := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog\r", 100))
	d := NewDetach(mustParse(b, DefaultDetachKey))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		d.Scan(in)
	}
}
