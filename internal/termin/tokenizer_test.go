package termin

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// inputString writes pieces as kind:"bytes", joining those that splits cut apart.
func inputString(in []Token) string {
	var out strings.Builder
	var text []byte
	var kind string
	for i, piece := range in {
		k := kindName(piece.Answer)
		if piece.Ambiguous {
			k += "?"
		}
		if i > 0 && (k != kind || piece.Answer != 0 && !piece.Continued) {
			fmt.Fprintf(&out, "%s:%q ", kind, text)
			text = text[:0]
		}
		kind = k
		text = append(text, piece.Bytes...)
	}
	if len(in) > 0 {
		fmt.Fprintf(&out, "%s:%q", kind, text)
	}
	return out.String()
}

func kindName(k QueryKind) string {
	switch k {
	case 0:
		return "input"
	case QueryDA1:
		return "DA1"
	case QueryBackground:
		return "background"
	case QueryTermcap:
		return "termcap"
	}
	return fmt.Sprint(uint8(k))
}

// clone keeps pieces beyond the next call of the scanner.
func clone(in []Token) []Token {
	for i := range in {
		in[i].Bytes = bytes.Clone(in[i].Bytes)
	}
	return in
}

func scanAll(s *Tokenizer, reads ...string) []Token {
	var all []Token
	for _, r := range reads {
		all = append(all, clone(s.Scan(nil, []byte(r)))...)
	}
	return all
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		in        string
		want      QueryKind
		ambiguous bool
	}{
		{"\x1b[?62;22c", QueryDA1, false},
		{"\x1b[?6c", QueryDA1, false},
		{"\x1b[>41;390;0c", QueryDA2, false},
		{"\x1bP!|00000000\x1b\\", QueryDA3, false},
		{"\x1b[0n", QueryStatus, false},
		{"\x1b[3n", QueryStatus, false},
		{"\x1b[?13n", QueryDeviceStatus, false},
		{"\x1b[?997;1n", QueryColorScheme, true},
		{"\x1b[24;80R", QueryCursor, false},
		{"\x1b[1;1R", QueryCursor, false},
		{"\x1b[1;2R", QueryCursor, true},
		{"\x1b[1;16R", QueryCursor, true},
		{"\x1b[1;17R", QueryCursor, false},
		{"\x1b[2;2R", QueryCursor, false},
		{"\x1b[?1;2R", QueryExtendedCursor, false},
		{"\x1b[?10;20;1R", QueryExtendedCursor, false},
		{"\x1b[?2026;2$y", QueryMode, false},
		{"\x1b[4;1$y", QueryMode, false},
		{"\x1bP1$r0m\x1b\\", QuerySetting, false},
		{"\x1bP0$r\x1b\\", QuerySetting, false},
		{"\x1bP1+r544e=787465726d\x1b\\", QueryTermcap, false},
		{"\x1bP>|XTerm(390)\x1b\\", QueryVersion, false},
		{"\x1bP1!~ABCD\x1b\\", QueryChecksum, false},
		{"\x1bP1$u1;1;1;@;@;@;0;2;@;BBBB\x1b\\", QueryPresentation, false},
		{"\x1b]4;1;rgb:cdcd/0000/0000\x07", QueryPalette, false},
		{"\x1b]10;rgb:ffff/ffff/ffff\x1b\\", QueryForeground, false},
		{"\x1b]11;rgb:0000/0000/0000\x07", QueryBackground, false},
		{"\x1b]12;rgb:0000/0000/0000\x1b\\", QueryCursorColor, false},
		{"\x1b]17;rgb:0000/0000/0000\x1b\\", QueryColor, false},
		{"\x1b]5;0;rgb:cdcd/0000/0000\x07", QueryPalette, false},
		{"\x1b]21;foreground=rgb:ff/00/00;cursor=\x1b\\", QueryColor, false},
		{"\x1b]52;c;aGVsbG8=\x07", QueryClipboard, false},
		{"\x1b]1337;ReportCellSize=17.0;8.0\x1b\\", QueryITerm, false},
		{"\x1b]lvim\x1b\\", QueryTitle, false},
		{"\x1b]L\x1b\\", QueryTitle, false},
		{"\x1b[8;24;80t", QueryWindow, false},
		{"\x1b[1t", QueryWindow, false},
		{"\x1b[24;80;1;1;1\"w", QueryWindow, false},
		{"\x1b[2000*{", QueryDeviceStatus, false},
		{"\x1b[?1;2#Q", QueryPalette, false},
		{"\x1b[?0u", QueryKittyKeys, false},
		{"\x1b[>4;2m", QueryModifyOtherKeys, false},
		{"\x1b[?2;0;256S", QueryGraphics, false},
		{"\x1b[2;1;1;128;128;1;0x", QueryParameters, false},
		{"\x1b_Gi=31;OK\x1b\\", QueryKittyGraphics, false},
	} {
		want := inputString([]Token{
			{Bytes: []byte("a\x1b[A")},
			{Bytes: []byte(c.in), Answer: c.want, Ambiguous: c.ambiguous},
			{Bytes: []byte("b")},
		})
		in := "a\x1b[A" + c.in + "b"
		if got := inputString(scanAll(new(Tokenizer), in)); got != want {
			t.Errorf("%q at once is %s, want %s", in, got, want)
		}
		var s Tokenizer
		if got := inputString(scanAll(&s, strings.Split(in, "")...)); got != want {
			t.Errorf("%q byte by byte is %s, want %s", in, got, want)
		}
		if s.Held() != HoldNone {
			t.Errorf("%q: something is held after its end", in)
		}
	}
}

func TestInputThatIsNoAnswer(t *testing.T) {
	for _, in := range []string{
		"ls -l\r", "\x03\x1c\x00", "é漢\xff\x9b?1c",
		"\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[15~", "\x1b[Z", // keys
		"\x1b[R", "\x1b[1;2:1R", "\x1b[13;2~", // F3 in other spellings
		"\x1b[97;5u", "\x1b[92:124;5:1;92u", "\x1b[27;5;92~",
		"\x1b[<35;10;20M", "\x1b[<0;1;1m", "\x1b[32;10;20M", // mouse
		"\x1b[I", "\x1b[O", // focus
		"\x1b[48;24;80;480;800t",                                            // a size sent unasked
		"\x1ba", "\x1b[x", "\x1b]x", "\x1bPx", "\x1b_x", "\x1b^x", "\x1bXx", // Alt with a key
		"\x1b]1a", "\x1bP1$q", "\x1b_Gx", "\x1b_G1", "\x1b]99999;", "\x1b]7;x\x07",
		"\x1b[200~\x1b[?62c\x1b]11;rgb:0/0/0\x07\x1b[201~", // pasted
		"\x1b[200~\x1b[?62c\x1b[201\x1b[?6c\x1b[20",        // not to its end
	} {
		for _, reads := range [][]string{{in}, strings.Split(in, "")} {
			var s Tokenizer
			got := inputString(append(scanAll(&s, reads...), s.Flush(nil)...))
			if want := inputString([]Token{{Bytes: []byte(in)}}); got != want {
				t.Errorf("%q is %s, want %s", in, got, want)
			}
		}
	}
}

func TestAnswerBetweenKeys(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"\x1b\x1b[?6c", `input:"\x1b" DA1:"\x1b[?6c"`},
		{"\x1b]\x1b[?6c", `input:"\x1b]" DA1:"\x1b[?6c"`},
		{"\x1b[?6\x1b[?6c", `input:"\x1b[?6" DA1:"\x1b[?6c"`},
		{"\x1b[?6c\x1b[?7c", `DA1:"\x1b[?6c" DA1:"\x1b[?7c"`},
		{"\x1b[200~x\x1b[201~\x1b[?6c", `input:"\x1b[200~x\x1b[201~" DA1:"\x1b[?6c"`},
		// An answer cut off by what the user types: its head is not typed text.
		{"\x1b]11;rgb:\x03a", `background:"\x1b]11;rgb:" input:"\x03a"`},
		{"\x1b]11;rgb:\x1b\x1b[?6c", `background:"\x1b]11;rgb:" input:"\x1b" DA1:"\x1b[?6c"`},
		{"\x1b]11;rgb:\x1b[A", `background:"\x1b]11;rgb:" input:"\x1b[A"`},
	} {
		for _, reads := range [][]string{{c.in}, strings.Split(c.in, "")} {
			if got := inputString(scanAll(new(Tokenizer), reads...)); got != c.want {
				t.Errorf("%q is %s, want %s", c.in, got, c.want)
			}
		}
	}
}

func TestHeldAnswers(t *testing.T) {
	for _, c := range []struct {
		in    string
		want  Hold
		flush string
		rest  string // comes after the flush
		after string
	}{
		{"a", HoldNone, "", "", ""},
		{"\x1b", HoldEscape, `input:"\x1b"`, "[?6c", `input:"[?6c"`},
		{"\x1b[", HoldKey, `input:"\x1b["`, "A", `input:"A"`},
		{"\x1b[2", HoldKey, `input:"\x1b[2"`, "00~\x1b[?6c\x1b[201~", `input:"00~\x1b[?6c\x1b[201~"`},
		{"\x1b]", HoldKey, `input:"\x1b]"`, "x", `input:"x"`},
		{"\x1b]11", HoldKey, `input:"\x1b]11"`, "x", `input:"x"`},
		{"\x1b]ltitle", HoldKey, `input:"\x1b]ltitle"`, "x", `input:"x"`},
		{"\x1b[<35;1", HoldAnswer, `input:"\x1b[<35;1"`, ";1M", `input:";1M"`},
		{"\x1b[M ", HoldKey, `input:"\x1b[M "`, "!!", `input:"!!"`},
		{"\x1b[?6", HoldAnswer, `input:"\x1b[?6"`, "x", `input:"x"`},
		{"\x1b]11;rgb", HoldAnswer, `background:"\x1b]11;rgb"`, ":0/0/0\x07x", `background:":0/0/0\a" input:"x"`},
		{"\x1b]11;rgb\x1b", HoldAnswer, `background:"\x1b]11;rgb" input:"\x1b"`, "x", `input:"x"`},
		{"\x1bP1+r54", HoldAnswer, `termcap:"\x1bP1+r54"`, "\rx", `input:"\rx"`},
	} {
		var s Tokenizer
		if got := scanAll(&s, c.in); c.want != HoldNone && len(got) > 0 {
			t.Errorf("%q: passed on %s", c.in, inputString(got))
		}
		if s.Held() != c.want {
			t.Errorf("%q: Held() = %v, want %v", c.in, s.Held(), c.want)
		}
		if got := inputString(clone(s.Flush(nil))); got != c.flush || s.Held() != HoldNone {
			t.Errorf("%q: flushed %s, want %s", c.in, got, c.flush)
		}
		if got := inputString(scanAll(&s, c.rest)); got != c.after {
			t.Errorf("%q, flushed, then %q: %s, want %s", c.in, c.rest, got, c.after)
		}
	}
}

func TestLongAnswerIsBounded(t *testing.T) {
	clipboard := "\x1b]52;c;" + strings.Repeat("QUJD", 100_000) + "\x07"
	var s Tokenizer
	var got []Token
	largest := 0
	for chunk := range strings.SplitSeq(clipboard, "Q") {
		got = append(got, scanAll(&s, chunk)...)
		got = append(got, scanAll(&s, "Q")...)
		largest = max(largest, cap(s.buf))
	}
	if largest > 4*maxAnswer {
		t.Errorf("%d bytes held", largest)
	}
	var text []byte
	for i, piece := range got[:len(got)-1] { // the last is the Q after the end
		if piece.Answer != QueryClipboard || piece.Continued != (i > 0) {
			t.Fatalf("piece %d is %v, continued %v", i, piece.Answer, piece.Continued)
		}
		text = append(text, piece.Bytes...)
	}
	if string(text) != clipboard {
		t.Error("the pieces are not the answer")
	}
	if got := got[len(got)-1]; got.Answer != 0 || string(got.Bytes) != "Q" {
		t.Errorf("after it: %+v", got)
	}

	for _, head := range []string{"\x1b[", "\x1b[?", "\x1b]l", "\x1b]"} {
		var s Tokenizer
		in := head + strings.Repeat("1", 100_000)
		got := append(scanAll(&s, in), s.Flush(nil)...)
		if want := inputString([]Token{{Bytes: []byte(in)}}); inputString(got) != want {
			t.Errorf("%q without an end is not plain input", head)
		}
	}
}

func FuzzTokenizer(f *testing.F) {
	f.Add("a\x1b[?62;22cb\x1b]11;rgb:0/0/0\x1b\\\x1b[200~\x1b[?6c\x1b[201~", []byte{0, 3, 0x81})
	f.Add("\x1bP1$r0m\x1b\\\x1b_Gi=1;OK\x1b\\\x1b[1;2R\x1b[A\x1b", []byte{2})
	f.Add("\x1b[M !!\x1bO2P\x1b[7$\x1b[[A\x1b[97;5:3u\x1b[<0;1;1m\x1bé\x1b[200~\x1b[20\x1b[201~", []byte{0})
	f.Add("\x1b]l\x1b\x1b]4;1;?\x1b[A", []byte{0x80, 0x80, 7})
	f.Fuzz(func(t *testing.T, in string, splits []byte) {
		var whole, split, flushed Tokenizer
		want := scanAll(&whole, in)
		var got, pieces []Token
		i := 0
		for rest := in; len(rest) > 0; i++ {
			n, flush := len(rest), false
			if len(splits) > 0 {
				b := splits[i%len(splits)]
				n, flush = min(n, 1+int(b&0x7f)), b&0x80 != 0
			}
			got = append(got, scanAll(&split, rest[:n])...)
			pieces = append(pieces, scanAll(&flushed, rest[:n])...)
			if flush {
				pieces = append(pieces, clone(flushed.Flush(nil))...)
			}
			rest = rest[n:]
		}
		if tokensString(got) != tokensString(want) || split.Held() != whole.Held() {
			t.Fatalf("%q: %s in one read, %s in several", in, tokensString(want), tokensString(got))
		}
		pieces = append(pieces, flushed.Flush(nil)...)
		var text []byte
		for _, piece := range pieces {
			if len(piece.Bytes) == 0 {
				t.Fatalf("%q: an empty piece", in)
			}
			text = append(text, piece.Bytes...)
		}
		if string(text) != in {
			t.Fatalf("%q came out as %q", in, text)
		}
	})
}

func BenchmarkTokenizer(b *testing.B) {
	for name, in := range map[string]string{
		"keys":  strings.Repeat("the quick brown fox\r\x1b[A\x1b[<35;10;20M\x1b[?62;22c", 100),
		"text":  strings.Repeat("the quick brown fox\r", 50_000),
		"paste": pasteStart + strings.Repeat("the quick brown fox\r", 50_000) + pasteEnd,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			p := []byte(in)
			var s Tokenizer
			var out []Token
			for b.Loop() {
				for rest := p; len(rest) > 0; rest = rest[min(4096, len(rest)):] {
					out = s.Scan(out[:0], rest[:min(4096, len(rest))])
				}
			}
		})
	}
}
